#!/usr/bin/env python3
"""Scores the tracker on seeded scenarios of one radar, beside published peers and set limits.

    bench/tracking.py [NAME]... [--seeds 1,2 | 1-5] [--tools DIR] [--programs DIR]

Names: mixed20 mixed100 mixed500 mixed5000 dense200 crossing40 parallel40 merged40 clut20 doubled20
golden turns reentry (default: all). Seeds: 1-5 unless told. Tools: scenario.py (truth and
plots from a seed) and score.py (GOSPA, errors, switches; needs numpy and scipy) in
../shared/bench/tracking, or $AIRPICTURE_TRACKING; the last three names need neither. Programs:
bench.tracking, bench.golden, bench.turns and bench.reentry of a release build. Peer figures were
measured once, on the same files, seed 1. At the end each limit with the mean and the worst of all
seeds; the status is 1 when the worst misses a limit and is not in KNOWN, or is further off than
that allows.
"""
import argparse
import csv
import json
import math
import os
import random
import subprocess
import sys
import tempfile

# name: scenario options, half side (m), false plots a scan
SCENARIOS = {
    'mixed20': (['--kind', 'mixed', '--n', '20'], 200e3, 10),
    'mixed100': (['--kind', 'mixed', '--n', '100'], 200e3, 50),
    'mixed500': (['--kind', 'mixed', '--n', '500'], 200e3, 250),
    'mixed5000': (['--kind', 'mixed', '--n', '5000', '--half-side', '632000', '--scans', '40',
                   '--truth-step', '4'], 632e3, 2500),
    'dense200': (['--kind', 'mixed', '--n', '200', '--half-side', '60000', '--clutter', '200'],
                 60e3, 200),
    'crossing40': (['--kind', 'crossing', '--n', '40'], 200e3, 20),
    'parallel40': (['--kind', 'parallel', '--n', '40'], 200e3, 20),
    'merged40': (['--kind', 'parallel', '--n', '40', '--merge-range', '150', '--merge-azimuth-deg',
                  '0.6'], 200e3, 20),
    'clut20': (['--kind', 'mixed', '--n', '20', '--clutter', '200'], 200e3, 200),
    'doubled20': (['--kind', 'mixed', '--n', '20'], 200e3, 10),
}
# name: the share of plots that come once more, and how far to the right, in degrees.
TWICE = {'doubled20': (0.1, 0.3)}
TIMED_ONLY = ('mixed5000',)
# name: who, then CPU ms a scan, GOSPA rms, RMS position, RMS velocity, false tracks, NEES,
# completeness. Stone Soup as its quickest set-up and, where that is another, as its most accurate:
# GNN is 2-D assignment, EHM2 and LBP are joint probabilistic association (exact, and by belief),
# "5 plots" confirms at five plots in place of four. Its times are of its quieter runs, where there
# are several.
STONE_SOUP = {
    'mixed20': [('GNN', 20, 1009, 190, 16.0, 0, 1.50, 0.998)],
    'mixed100': [('GNN', 113, 2363, 180, 18.7, 0, 1.67, 0.996)],
    'mixed500': [('GNN', 767, 5751, 188, 19.0, 1, 1.70, 0.993),
                 ('EHM2', 1092, 5711, 187, 18.9, 1, 1.67, 0.993)],
    'dense200': [('LBP', 766, 4670, 98, 15.9, 20, 1.61, 0.984),
                 ('GNN 5 plots', 507, 4334, 97, 15.9, 2, 1.67, 0.980)],
    'crossing40': [('GNN', 52, 869, 129, 8.3, 0, 1.50, 0.999),
                   ('EHM2', 96, 867, 129, 8.3, 0, 1.50, 0.999)],
    'parallel40': [('GNN', 68, 979, 155, 13.3, 0, 1.68, 1.0),
                   ('LBP', 118, 978, 155, 13.3, 0, 1.67, 1.0)],
    'merged40': [('GNN', 59, 2213, 154, 13.1, 0, 1.66, 0.950)],
    'clut20': [('GNN', 236, 1031, 181, 15.4, 1, 1.51, 0.998),
               ('LBP', 224, 1030, 181, 15.4, 1, 1.51, 0.998)],
}
PROTOTYPE = {
    'mixed20': (0.017, 886, 158, 12.1, 0, 1.34, 0.998),
    'mixed100': (0.094, 2083, 148, 13.7, 0, 1.40, 0.997),
    'mixed500': (0.52, 5088, 153, 13.6, 0, 1.42, 0.994), 'mixed5000': (9.7,),
    'dense200': (0.48, 3544, 75, 11.1, 0, 1.39, 0.992),
    'crossing40': (0.039, 890, 137, 10.6, 0, 1.25, 1.0),
    'parallel40': (0.047, 866, 137, 12.0, 0, 1.36, 1.0),
    'merged40': (0.039, 2141, 135, 10.8, 1, 1.35, 0.952),
    'clut20': (0.10, 862, 151, 11.7, 0, 1.35, 0.998),
}
BIRTH = ('born', 0.0, 10.0)
# name: figure, least, most
LIMITS = {
    'mixed20': [('gospa', 0, 870), BIRTH],
    'mixed100': [('gospa', 0, 2020), BIRTH],
    'mixed500': [('cpu', 0, 0.40), ('gospa', 0, 4900), ('position', 0, 148), ('velocity', 0, 13),
                 ('false', 0, 0), ('nees', 1.8, 2.2), BIRTH],
    'mixed5000': [('cpu', 0, 5.0)],
    'dense200': [('gospa', 0, 3400), ('false', 0, 0), BIRTH],
    'crossing40': [('gospa', 0, 850)],
    'parallel40': [('gospa', 0, 850)],
    'merged40': [('complete', 0.99, 1)],
    'clut20': [('gospa', 0, 840), BIRTH],
    'doubled20': [('gospa', 0, 870), ('false', 0, 0)],
    'golden': [('off the exact PMB', 0, 1e-4), ('best RMS GOSPA', 0, 2.90)],
    'turns': [('RMS m', 0, 90), ('peak m', 0, 165)],
    'reentry': [('falling bodies', 0, 0)],
}
LATE = 'three to five plots; two plots would show false tracks'
# Misses that are known: (name, figure): what the worst of the seeds 1 to 5 may be, and why.
KNOWN = {
    ('mixed20', 'gospa'): (1075, 'seed 4, where half come or go; who knows each end has 938'),
    ('clut20', 'gospa'): (1090, 'seed 4, as mixed20; who knows each end has 931'),
    ('mixed20', 'born'): (13.5, LATE),
    ('mixed100', 'born'): (13.5, LATE),
    ('mixed500', 'born'): (17.5, LATE),
    ('dense200', 'born'): (22, LATE),
    ('clut20', 'born'): (15.5, LATE),
    ('merged40', 'complete'): (0.89, 'formations that the radar never shows apart (seeds 3, 5)'),
    ('doubled20', 'gospa'): (1300, 'seed 4, as mixed20, and one false track at first'),
    ('doubled20', 'false'): (1, 'until enough halves have come to nothing'),
    ('mixed500', 'cpu'): (0.6, 'half of it is waiting for memory, more beside other work'),
    ('mixed5000', 'cpu'): (11, 'the same, and the rim of a plane of 1,264 km'),
}
LABEL = {'cpu': 'CPU ms a scan', 'gospa': 'GOSPA m', 'position': 'position RMS m',
         'velocity': 'velocity RMS m/s', 'false': 'false tracks', 'nees': 'NEES',
         'complete': 'completeness', 'born': 'late birth shown after s',
         'falling bodies': 'limits broken'}
COLUMNS = ('cpu', 'gospa', 'position', 'velocity', 'false', 'nees', 'complete', 'born')
ROW = '{:<11} {:<12} {:>9} {:>7} {:>7} {:>7} {:>6} {:>6} {:>9} {:>6}'


def show(name, who, figures):
    cells = ['-' if f is None else '%.4g' % f for f in figures]
    print(ROW.format(name, who, *cells, *['-'] * (len(COLUMNS) - len(cells))), flush=True)


def wanted(least, most):
    if least:
        return '>=%g' % least if most == 1 else '%g-%g' % (least, most)
    return '<=%g' % most


def show_wanted(name):
    limits = {figure: wanted(least, most) for figure, least, most in LIMITS[name]}
    print(ROW.format(name, 'wanted', *(limits.get(c, '-') for c in COLUMNS)), flush=True)


def python_with_numpy():
    for python in (sys.executable, '/usr/bin/python3'):
        imported = subprocess.run([python, '-c', 'import numpy, scipy'], stderr=subprocess.DEVNULL)
        if imported.returncode == 0:
            return python
    return None


def add_twice(path, seed, share, aside_deg):
    """Detections as of a radar that splits plots."""
    draw = random.Random(seed)
    with open(path, newline='') as file:
        head, *rows = csv.reader(file)
    time, azimuth = head.index('time_s'), head.index('azimuth_rad')
    for row in list(rows):
        if draw.random() < share:
            turned = (float(row[azimuth]) + math.radians(aside_deg)) % (2.0 * math.pi)
            rows.append(row[:azimuth] + ['%.8f' % turned] + row[azimuth + 1:])
    rows.sort(key=lambda row: float(row[time]))
    with open(path, 'w', newline='') as file:
        csv.writer(file).writerows([head] + rows)


def run(name, seed, tools, programs, python, folder):
    """The figures of one scenario, and a line on identities."""
    options, half_side_m, clutter = SCENARIOS[name]
    out = os.path.join(folder, '%s-%d' % (name, seed))
    subprocess.run([python, os.path.join(tools, 'scenario.py'), *options, '--seed', str(seed),
                    '--out', out], check=True, stdout=subprocess.DEVNULL)
    if name in TWICE:
        add_twice(os.path.join(out, 'detections.csv'), seed, *TWICE[name])
    # The sensor covers the circle about the square; the false plots of the square go on in it.
    radius_m = half_side_m * math.sqrt(2.0)
    in_circle = clutter * math.pi / 2.0
    tracks = os.path.join(out, 'tracks.csv')
    lines = subprocess.check_output(
        [os.path.join(programs, 'bench.tracking'), os.path.join(out, 'detections.csv'), tracks, '4',
         str(in_circle), str(radius_m)]).splitlines()
    cpu_ms = json.loads(lines[-1])['alone_ms_per_scan']
    if name in TIMED_ONLY:
        return {'cpu': cpu_ms}, None
    s = json.loads(subprocess.check_output(
        [python, os.path.join(tools, 'score.py'), '--truth', os.path.join(out, 'truth.csv'),
         '--tracks', tracks]))
    figures = {'cpu': cpu_ms, 'gospa': s['gospa_rms_m'],
               'position': s['rms_position_m'], 'velocity': s['rms_velocity_mps'],
               'false': s['false_tracks'], 'nees': s['nees_mean_2dof'],
               'complete': s['completeness'], 'born': s['late_birth_delay_s']}
    return figures, 'switches %.3f an aircraft, kept identity %.3f' % (
        s['id_switches_per_target'], s['id_switches_sticky_per_target'])


def run_golden(programs):
    """Exact PMB and mixtures of more and more hypotheses."""
    done = subprocess.run([os.path.join(programs, 'bench.golden')], stdout=subprocess.PIPE)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    print('\ngolden: %d runs, RMS GOSPA (independent exact PMB 3.3415, PMBM about 3.0)' %
          lines[0]['runs'])
    for line in lines:
        print('  %-4s of %4d hypotheses  %.4f = localisation %.4f, missed %.4f, false %.4f; '
              'CPU %.3f ms a step' % (line['filter'], line['hypotheses'], line['gospa_rms'],
                                      line['localisation'], line['missed'], line['false'],
                                      line['cpu_ms_per_step']))
    return {'off the exact PMB': lines[0]['off_known'],
            'best RMS GOSPA': min(line['gospa_rms'] for line in lines)}


def run_turns(programs):
    """The filter alone on the coordinated turns."""
    done = subprocess.run([os.path.join(programs, 'bench.turns')], stdout=subprocess.PIPE)
    t = json.loads(done.stdout)
    print('\nturns: %d runs, RMS position m (velocity m/s); an IMM that estimates the turn rate: '
          '93.5, peak 166.8' % t['runs'])
    print('  all %(all_m).1f, peak %(peak_m).1f; straight %(straight_m).1f (%(straight_mps).1f), '
          '1 deg/s %(turn_1dps_m).1f (%(turn_1dps_mps).1f), 3 deg/s %(turn_3dps_m).1f '
          '(%(turn_3dps_mps).1f); NEES %(nees).2f' % t)
    return {'RMS m': t['all_m'], 'peak m': t['peak_m']}


def run_reentry(programs):
    """The filters of falling bodies; the program holds their limits."""
    done = subprocess.run([os.path.join(programs, 'bench.reentry')], stdout=subprocess.DEVNULL)
    print('\nreentry: %s; figures: bench.reentry' %
          ('a limit is broken' if done.returncode else 'better than the UKF, near the bound'))
    return {'falling bodies': done.returncode}


def verdict(name, figure, value, least, most):
    """What is said of the worst value of a figure, and whether it fails."""
    allowed, why = KNOWN.get((name, figure), (None, ''))
    if least <= value <= most:
        return ('  met; a known miss, if this is all of seeds 1 to 5' if why else ''), False
    limit = least if value < least else most
    off = ' by %.1f %%' % (100.0 * abs(value - limit) / limit) if limit else ''
    if allowed is None:
        return '  NOT MET' + off, True
    if not min(allowed, least) <= value <= max(allowed, most):
        return '  NOT MET%s, and further off than the %g of a known miss' % (off, allowed), True
    return '  known miss%s (up to %g): %s' % (off, allowed, why), False


def show_limits(names, figures):
    """Each limit beside mean and worst; true when one is missed that is not known, or by more."""
    print('\n%-11s %-26s %10s %9s %9s' % ('limits', '', 'wanted', 'mean', 'worst'))
    missed = False
    for name in names:
        for figure, least, most in LIMITS[name]:
            values = figures.get((name, figure))
            row = '%-11s %-26s %10s' % (name, LABEL.get(figure, figure), wanted(least, most))
            if not values:
                print(row + '%10s%10s' % ('-', '-'))
                continue
            worst = max(values, key=lambda v: (math.isnan(v), max(least - v, v - most)))
            said, fails = verdict(name, figure, worst, least, most)
            missed = missed or fails
            print(row + '%10.4g%10.4g%s' % (sum(values) / len(values), worst, said))
    return missed


PROGRAMS = {'golden': run_golden, 'turns': run_turns, 'reentry': run_reentry}


def seeds_of(text):
    first, _, last = text.partition('-')
    return range(int(first), int(last) + 1) if last else [int(s) for s in text.split(',')]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', choices=[[], *LIMITS], metavar='NAME')
    parser.add_argument('--seeds', default='1-5', type=seeds_of)
    parser.add_argument('--tools', default=os.environ.get('AIRPICTURE_TRACKING',
                                                          '../shared/bench/tracking'))
    parser.add_argument('--programs', default='build/release')
    a = parser.parse_args()
    names, figures_of = a.names or list(LIMITS), {}
    scenarios = [name for name in names if name in SCENARIOS]
    python = python_with_numpy()
    if not os.path.exists(os.path.join(a.tools, 'scenario.py')):
        print('scenarios skipped: no scenario.py in ' + a.tools)
        scenarios = []
    elif python is None:
        print('scenarios skipped: they need numpy and scipy')
        scenarios = []
    if scenarios:
        print(ROW.format('scenario', 'tracker', 'CPU ms', 'GOSPA m', 'pos m', 'vel m/s', 'false',
                         'NEES', 'complete', 'born s'))
    for name in scenarios:
        for seed in a.seeds:
            with tempfile.TemporaryDirectory() as folder:
                figures, identities = run(name, seed, a.tools, a.programs, python, folder)
            show(name, 'seed %d' % seed, [figures.get(c) for c in COLUMNS])
            if identities:
                print('%22s %s' % ('', identities))
            for figure, value in figures.items():
                if value is not None:
                    figures_of.setdefault((name, figure), []).append(value)
        show_wanted(name)
        for who, *peer in STONE_SOUP.get(name, []):
            show(name, who, peer)
        if name in PROTOTYPE:
            show(name, 'prototype', PROTOTYPE[name])
    for name, bench in PROGRAMS.items():
        if name in names:
            for figure, value in bench(a.programs).items():
                figures_of.setdefault((name, figure), []).append(value)
    return 1 if show_limits(names, figures_of) else 0


if __name__ == '__main__':
    sys.exit(main())
