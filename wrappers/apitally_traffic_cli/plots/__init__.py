"""The pictures of `plot`: what is in them, where their ticks are, and how they become PNG, SVG, HTML or text.

Vega, which draws them, knows only UTC and the viewer's timezone. So everything that depends on a timezone is
computed here: where the ticks are, what they say, what the tooltips say. The picture is the same for everybody.
"""
