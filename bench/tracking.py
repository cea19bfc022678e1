#!/usr/bin/env python3
"""Scores the tracker on seeded scenarios of one radar, beside published peers.

    bench/tracking.py [NAME]... [--seeds 1,2,3] [--tools DIR] [--program PATH]

Names: mixed20 mixed100 mixed500 dense200 crossing40 parallel40 clut20 (default: all). DIR holds
scenario.py (truth and plots from a seed) and score.py (GOSPA, OSPA, errors, switches; needs numpy
and scipy): ../shared/bench/tracking, or $AIRPICTURE_TRACKING. PATH is the program bench.tracking of
a release build. Peer figures were measured once, on the same files, seed 1.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

# name: scenario options, half side (m), false plots a scan
SCENARIOS = {
    'mixed20': (['--kind', 'mixed', '--n', '20'], 200e3, 10),
    'mixed100': (['--kind', 'mixed', '--n', '100'], 200e3, 50),
    'mixed500': (['--kind', 'mixed', '--n', '500'], 200e3, 250),
    'dense200': (['--kind', 'mixed', '--n', '200', '--half-side', '60000', '--clutter', '200'],
                 60e3, 200),
    'crossing40': (['--kind', 'crossing', '--n', '40'], 200e3, 20),
    'parallel40': (['--kind', 'parallel', '--n', '40'], 200e3, 20),
    'clut20': (['--kind', 'mixed', '--n', '20', '--clutter', '200'], 200e3, 200),
}
# name: CPU ms a scan, GOSPA rms, RMS position, RMS velocity, false tracks, NEES
STONE_SOUP = {
    'mixed20': (31, 1009, 190, 16.0, 0, 1.50), 'mixed100': (133, 2363, 180, 18.7, 0, 1.67),
    'mixed500': (1092, 5711, 187, 18.9, 1, 1.67), 'dense200': (766, 4670, 98, 15.9, 20, 1.61),
    'crossing40': (52, 869, 129, 8.3, 0, 1.50), 'parallel40': (118, 978, 155, 13.2, 0, 1.67),
    'clut20': (224, 1030, 181, 15.4, 1, 1.51),
}
PROTOTYPE = {
    'mixed20': (0.017, 886, 158, 12.1, 0, 1.34), 'mixed100': (0.094, 2083, 148, 13.7, 0, 1.40),
    'mixed500': (0.52, 5088, 153, 13.6, 0, 1.42), 'dense200': (0.48, 3544, 75, 11.1, 0, 1.39),
    'crossing40': (0.039, 890, 137, 10.6, 0, 1.25), 'parallel40': (0.047, 866, 137, 12.0, 0, 1.36),
    'clut20': (0.10, 862, 151, 11.7, 0, 1.35),
}
# mixed500: at most this (NEES: between 1.8 and 2.2)
BAR = {'mixed500': (1.0, 5000, 150, None, 0, None)}

ROW = '{:<11} {:<10} {:>9} {:>7} {:>7} {:>7} {:>6} {:>6}'


def show(name, who, figures):
    cells = ['-' if f is None else ('%.4g' % f) for f in figures]
    print(ROW.format(name, who, *cells))


def python_with_numpy():
    for python in (sys.executable, '/usr/bin/python3'):
        imported = subprocess.run([python, '-c', 'import numpy, scipy'], stderr=subprocess.DEVNULL)
        if imported.returncode == 0:
            return python
    return None


def run(name, seed, tools, program, python, folder):
    options, half_side_m, clutter = SCENARIOS[name]
    out = os.path.join(folder, '%s-%d' % (name, seed))
    subprocess.run([python, os.path.join(tools, 'scenario.py'), *options, '--seed', str(seed),
                    '--out', out], check=True, stdout=subprocess.DEVNULL)
    # The sensor covers the circle about the square; the false plots of the square go on in it.
    radius_m = half_side_m * math.sqrt(2.0)
    in_circle = clutter * math.pi / 2.0
    tracks = os.path.join(out, 'tracks.csv')
    ours = json.loads(subprocess.check_output(
        [program, os.path.join(out, 'detections.csv'), tracks, '4', str(in_circle), str(radius_m)]))
    score = json.loads(subprocess.check_output(
        [python, os.path.join(tools, 'score.py'), '--truth', os.path.join(out, 'truth.csv'),
         '--tracks', tracks]))
    return ours, score


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', choices=[[], *SCENARIOS], metavar='NAME')
    parser.add_argument('--seeds', default='1')
    parser.add_argument('--tools', default=os.environ.get('AIRPICTURE_TRACKING',
                                                          '../shared/bench/tracking'))
    parser.add_argument('--program', default='build/release/bench.tracking')
    a = parser.parse_args()
    python = python_with_numpy()
    if not os.path.exists(os.path.join(a.tools, 'scenario.py')):
        print('skipped: no scenario.py in ' + a.tools)
        return 0
    if python is None:
        print('skipped: the scenarios need numpy and scipy')
        return 0
    print(ROW.format('scenario', 'tracker', 'CPU ms', 'GOSPA m', 'pos m', 'vel m/s', 'false',
                     'NEES'))
    with tempfile.TemporaryDirectory() as folder:
        for name in a.names or SCENARIOS:
            for seed in a.seeds.split(','):
                ours, s = run(name, int(seed), a.tools, a.program, python, folder)
                show(name, 'seed ' + seed,
                     (ours['cpu_ms_per_scan'], s['gospa_rms_m'], s['rms_position_m'],
                      s['rms_velocity_mps'], s['false_tracks'], s['nees_mean_2dof']))
                print('%22s complete %.4f, switches %.3f (kept identity %.3f), born after %s s' %
                      ('', s['completeness'], s['id_switches_per_target'],
                       s['id_switches_sticky_per_target'], s['late_birth_delay_s']))
            show(name, 'StoneSoup', STONE_SOUP[name])
            show(name, 'prototype', PROTOTYPE[name])
            if name in BAR:
                show(name, 'bar', BAR[name])
    return 0


if __name__ == '__main__':
    sys.exit(main())
