#!/bin/sh
# Interesting (exit code 1) while the module still has a max_pool2d.
grep -q nn.max_pool2d "$1" && exit 1
exit 0
