"""Writes small data files for the tests: npz.py FILE NAME=EXPRESSION..., with numpy as np."""
import sys

import numpy as np

arrays = {}
for argument in sys.argv[2:]:
    name, expression = argument.split("=", 1)
    arrays[name] = eval(expression, {"np": np})  # pylint: disable=eval-used
np.savez(sys.argv[1], **arrays)
