"""Code that depends on internals of other packages: a module for each, with its reasons.

When an upgrade breaks one of them, the test that fails names it.
"""
