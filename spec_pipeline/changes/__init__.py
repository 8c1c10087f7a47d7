"""Classify the changes between two versions of a spec: rule, location, level, and what a caller does about each.

Works on any two OpenAPI 3.0 or 3.1 documents. The rules are data (`rules/`), finding them is pure (`compare/`); reading
the documents and acting on the verdict is left to the pipeline.
"""
