"""Cổng dịch vụ công: the public's door. Catalogue by level, forms, submission, payment, tracking, results, ratings."""
