"""National counterparts: procedures, population, business, insurance, payment, post, national portal."""
