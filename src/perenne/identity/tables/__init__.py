"""Who is who, as Ibis expressions: references and links, what they share, facts by customer."""
