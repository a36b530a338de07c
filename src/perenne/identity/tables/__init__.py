"""Who is who, as Ibis expressions: links, facts keyed by customer, what is said beside orders."""
