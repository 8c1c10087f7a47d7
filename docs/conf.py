"""How `nox -s docs` makes a site of this folder: guides in Markdown, the reference from docstrings."""

import apitally_traffic

project = "apitally-traffic"
author = "The apitally-traffic contributors"
release = version = apitally_traffic.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = f"apitally-traffic {version}"
html_static_path = ["_static"]
html_copy_source = False
html_show_copyright = False  # the licence says it
html_show_sphinx = False
# The query for Grafana has a macro of its own, which is not SQL.
suppress_warnings = ["misc.highlighting_failure"]
