"""Where the limit of a running province is, and what sets it: the search, the evidence, the naming, the page."""
