"""For tests of this package and its extensions: a fast engine, walks of known diffusivity."""
