"""The pictures of `plot`: their data, their ticks, and how they are drawn as PNG, SVG, HTML or text.

Vega, which draws them, only supports UTC and the viewer's timezone. So everything that depends on the timezone is
computed here: the places and labels of the ticks, and the tooltips. The picture is the same for every viewer.
"""
