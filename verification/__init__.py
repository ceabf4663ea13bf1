"""Did the province hold? Reads a run folder, checks the laws and the requirements, and says KEPT, BROKEN or UNKNOWN."""
