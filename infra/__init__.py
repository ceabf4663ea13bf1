"""The data centre: drawn up, sized, and placed. Traffic learns of it through `infra.stack` alone."""
