"""What a running job needs: its decorator, identity, walltime, progress, and how it goes on."""
