"""What leans on the insides of other packages: one module a package, each trick with its reason.

The tests of these modules fail by the name of the trick when an upgrade breaks it.
"""
