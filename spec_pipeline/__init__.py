"""The pipeline from the vendor's spec to the generated client: pin, overlay, generate, compare. Not shipped."""
