"""Whether generated classes are right for every argument, not only for those of their network.

A class or function of a generated file is built with other legal arguments and compared with what
the author's block means with them: the block is elaborated anew, alone in a network. So is a
network's factory, `resnet50(classes=10)`, with what `--set classes=10` elaborates.
`python -m tests.arguments` proves all shipped networks; the tests prove a part.
"""
