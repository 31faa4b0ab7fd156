"""The report: one page of plots of the catalogs.

    figures     the catalogs of a period, as DuckDB views to ask
    scale       axes and numbers in words (pure)
    charts      rows -> what a plot shows, in percent of its area (pure)
    sections    what the report asks and says: a table of plots
    page        plots -> one self-contained HTML page

The plots are drawn by templates of our own, a few rectangles and lines each, since they are to be
read on a phone, on paper and in the dark: only shapes are SVG and stretch, words are HTML and do
not. matplotlib's SVG has both in one picture, with colours and letter sizes that stay what they
were, and costs an installation 76 MB; charts of JavaScript weigh megabytes in each page.
"""
