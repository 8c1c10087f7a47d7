"""Tell what a new version of a spec changes for those who call the API: which rule, where, how bad, what to do.

Works on any two OpenAPI 3.0 or 3.1 documents. The rules are data (`rules/`), finding them is pure (`compare/`); reading
the documents and acting on the verdict is left to the pipeline.
"""
