"""What may be probed: targets, ports, their product as integers, and the order to visit it in.

Everything here is pure: text and numbers in, numbers out. Names are not resolved, files are not read.

- `address`: addresses as two columns, and their text; `ranges`: sets of addresses
- `targets`, `ports`: what users write; `services`: names of ports
- `space`: addresses times ports, as integers; `order`: a keyed permutation of those integers
"""
