"""HTTP routes beside the pages: the only place that answers requests of programs."""
