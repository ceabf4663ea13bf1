"""The document interchange axis (Trục liên thông văn bản)."""
