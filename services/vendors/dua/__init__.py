"""Dừa: a one-stop that exchanges CSV files in a folder. Requests in `vao`, answers in `ra`, news in `tin`."""
