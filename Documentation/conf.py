# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx: make html.

The pages are plain reStructuredText, so that they can also be read in the source, and where a
forge renders them one by one. They link to each other by paths ("<abi/memory.rst#mapping-it>"). Two
things are made of these links here: those of HTML pages, checked down to the anchor, and the tables
of contents, from the lists in the files named index.rst.
"""

import posixpath
import re

from docutils import nodes
from sphinx.util import logging

project = 'mdev-bpf'
author = 'the mdev-bpf authors'
root_doc = 'index'
exclude_patterns = ['output']
highlight_language = 'none'
smartquotes = False
html_theme = 'alabaster'
html_theme_options = {'page_width': '1100px', 'sidebar_width': '260px', 'fixed_sidebar': True}
html_sidebars = {'**': ['about.html', 'navigation.html', 'searchbox.html']}
html_copy_source = False

log = logging.getLogger(__name__)


def add_toctree(app, docname, source):
    """Each page that an item of an index links to is a chapter of it."""
    if posixpath.basename(docname) != 'index':
        return
    pages = re.findall(r'^\* `[^`]*<([\w/-]+)\.rst>`_', source[0], re.M)
    entries = ''.join(f'   {page}\n' for page in pages)
    source[0] += f'\n\n.. toctree::\n   :hidden:\n\n{entries}'


def resolve(app, doctree, docname):
    """Links to .rst files become links to what is made of them."""
    for ref in doctree.findall(nodes.reference):
        link = re.fullmatch(r'([\w./-]+)\.rst(?:#([\w-]+))?', ref.get('refuri', ''))
        if not link:
            continue
        target = posixpath.normpath(posixpath.join(posixpath.dirname(docname), link[1]))
        anchor = link[2]
        if target not in app.env.found_docs:
            log.warning('no page %s.rst', target, location=ref)
            continue
        if anchor and anchor not in app.env.get_doctree(target).ids:
            log.warning('no section #%s in %s.rst', anchor, target, location=ref)
        uri = app.builder.get_relative_uri(docname, target)
        ref['refuri'] = uri + (f'#{anchor}' if anchor else '')
        ref['internal'] = True


def setup(app):
    app.connect('source-read', add_toctree)
    app.connect('doctree-resolved', resolve)
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
