"""The province's integration platform: every cross-system call passes here."""
