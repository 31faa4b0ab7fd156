"""A plan as a drawing, beside the plan as JSON.

plan      draw a plan: its canvas, its time line, its warnings
canvas    draw the regions, and which recording each cell shows
elements  write the few SVG elements that the others use
"""
