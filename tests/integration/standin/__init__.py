"""Stand-ins for services, and what is seen of a stack from outside."""
