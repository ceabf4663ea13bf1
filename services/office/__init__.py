"""Document and operations management of every agency (iOffice)."""
