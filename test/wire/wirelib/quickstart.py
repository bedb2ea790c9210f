"""examples/quickstart with its ports replaced by free ones."""
import os
import re

from .origins import DemoBackend
from .sluice import Sluice

QUICKSTART = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'examples',
                          'quickstart')


class Quickstart:
    def __init__(self):
        self.backends = [DemoBackend('one'), DemoBackend('two')]
        ports = {'9001': self.backends[0].port, '9002': self.backends[1].port, '9901': 0,
                 '10000': 0}
        with open(os.path.join(QUICKSTART, 'sluice.textproto')) as f:
            config = re.sub(r'(?<=port_value: )\d+', lambda m: str(ports[m.group()]), f.read())
        self.sluice = Sluice(config)
        self.port = self.sluice.port()

    def stop(self):
        for p in [self.sluice] + self.backends:
            p.stop()
