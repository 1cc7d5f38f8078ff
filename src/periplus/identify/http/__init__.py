"""HTTP for identification: tolerant reading, what a page tells, products that a second question names."""
