"""Who is who, as Ibis expressions: references, links, what they share, facts by customer."""
