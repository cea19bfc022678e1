#!/usr/bin/env python3
"""How soon plots alone can show an aircraft: an observer that knows what no tracker does.

    bench/births.py [NAME]... [--seeds 1-5] [--tools DIR]

Names: mixed20 mixed100 mixed500 dense200 clut20 (default: all), as in bench/tracking.py, by the
same scenario.py; needs numpy and scipy. The observer is told how often aircraft appear, how dense
false plots are, how fast aircraft fly and how they turn, and which plots are of aircraft that have
given six already. It weighs each three plots of a birth or of chance, in order, at most one turn
missed between two: the odds that one aircraft gave all. Prints when births would be shown with
their second, third, fourth plot; and for odds from 1 to 3,000 how many false threes there are in
all runs (of false plots only, and with plots of aircraft), the share of births whose first three
reach them, and when births would be shown if the rest were with the fourth.
"""
import argparse
import math
import os
import subprocess
import sys
import tempfile

from tracking import SCENARIOS, python_with_numpy, seeds_of

try:
    import numpy as np
    from scipy.spatial import cKDTree
except ImportError:
    np = None

NAMES = ('mixed20', 'mixed100', 'mixed500', 'dense200', 'clut20')
TURN_S, SCORED_S, DETECTION = 4.0, 40.0, 0.9
BORN_LATE, BORN_WITHIN_TURNS = 0.15, 50.0
SIGMA_M, SIGMA_RAD = 50.0, math.radians(0.08)
SPEED_MIN, SPEED_MAX = 80.0, 260.0
KNOWN_PLOTS, REACH_M = 6, 2500.0
MOTIONS = ((0.86, 0.0), (0.07, 4.5), (0.07, -4.5))  # share, acceleration across, m/s2
ACROSS, ALONG = 2.5, 0.15                           # its spread in a turn; always
LIMITS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)


class Run:
    """Plots that may start a track, and the births that are scored."""

    def __init__(self, folder):
        plots = np.genfromtxt(os.path.join(folder, 'detections.csv'), delimiter=',', skip_header=1)
        origin = np.genfromtxt(os.path.join(folder, 'origin.csv'), delimiter=',', skip_header=1)
        truth = np.genfromtxt(os.path.join(folder, 'truth.csv'), delimiter=',', skip_header=1)
        target_of = dict(origin.astype(int))
        self.target = np.array([target_of[int(k)] for k in plots[:, 0]])
        self.t, self.turn = plots[:, 1], plots[:, 2].astype(int)
        self.r, azimuth = plots[:, 4], plots[:, 5]
        self.away = np.c_[np.sin(azimuth), np.cos(azimuth)]
        self.at = self.r[:, None] * self.away
        scored = truth[np.isclose(truth[:, 0] % TURN_S, 0.0) & (truth[:, 0] >= SCORED_S)]
        first = {}
        for t, target in scored[np.argsort(scored[:, 0], kind='stable'), :2]:
            first.setdefault(int(target), t)
        self.late = {k: t for k, t in first.items() if t > SCORED_S}
        self.trees = {}
        kept = self.unexplained()
        for turn in np.unique(self.turn[kept]):
            of_turn = kept[self.turn[kept] == turn]
            self.trees[turn] = of_turn, cKDTree(self.at[of_turn])

    def unexplained(self):
        count, kept = {}, []
        for i in np.argsort(self.t, kind='stable'):
            k = self.target[i]
            count[k] = count.get(k, 0) + 1
            is_new = k < 0 or (k in self.late and count[k] <= KNOWN_PLOTS)
            if is_new and self.t[i] > SCORED_S - TURN_S:
                kept.append(i)
        return np.array(kept)

    def noise(self, i):
        u = self.away[i]
        w = np.array([u[1], -u[0]])
        return SIGMA_M ** 2 * np.outer(u, u) + (self.r[i] * SIGMA_RAD) ** 2 * np.outer(w, w)

    def third(self, i, j, k):
        """Density of plot k, 1/m2, of an aircraft that gave i and j."""
        dt, step = self.t[j] - self.t[i], self.at[j] - self.at[i]
        q = (self.t[k] - self.t[j]) / dt
        bend = 0.5 * (self.t[k] - self.t[j]) * (self.t[k] - self.t[i])
        h = step / max(np.hypot(*step), 1.0)
        w = np.array([h[1], -h[0]])
        S = self.noise(k) + (1.0 + q) ** 2 * self.noise(j) + q * q * self.noise(i)
        S = S + (ALONG * bend) ** 2 * np.outer(h, h)
        density = 0.0
        for share, across in MOTIONS:
            e = self.at[k] - self.at[j] - q * step - across * bend * w
            T = S + (ACROSS * bend) ** 2 * np.outer(w, w) if across else S
            density += share * math.exp(-0.5 * e @ np.linalg.solve(T, e)) / (
                2.0 * math.pi * math.sqrt(np.linalg.det(T)))
        return density

    def seconds(self, i, near, births, clutter, missed):
        """Plots that may be the second of an aircraft whose first is i, with the odds."""
        for j in near:
            dt = self.t[j] - self.t[i]
            speed = np.hypot(*(self.at[j] - self.at[i])) / max(dt, 0.1)
            if dt < 0.5 * TURN_S or not 0.75 * SPEED_MIN < speed < 1.1 * SPEED_MAX:
                continue
            density = 1.0 / (2.0 * math.pi * speed * (SPEED_MAX - SPEED_MIN) * dt * dt)
            if not SPEED_MIN < speed < SPEED_MAX:
                density *= 0.4
            yield j, births * DETECTION * missed * density / clutter ** 2

    def threes(self, births, clutter):
        """(log10 of the odds, whether true, targets, first turn) of each three plots."""
        for turn, (plots, tree) in self.trees.items():
            for gap in (1, 2):
                if turn + gap not in self.trees:
                    continue
                others, other_tree = self.trees[turn + gap]
                reach = 1.1 * SPEED_MAX * TURN_S * (gap + 1)
                for i, near in zip(plots, tree.query_ball_tree(other_tree, reach)):
                    missed = (1.0 - DETECTION) ** (gap - 1)
                    for j, odds in self.seconds(i, others[near], births, clutter, missed):
                        yield from self.with_third(turn, gap, i, j, odds / clutter)

    def with_third(self, turn, gap, i, j, odds):
        step = (self.at[j] - self.at[i]) / (self.t[j] - self.t[i])
        for more in (1, 2):
            if turn + gap + more not in self.trees:
                continue
            plots, tree = self.trees[turn + gap + more]
            expected = self.at[j] + TURN_S * more * step
            for k in plots[tree.query_ball_point(expected, REACH_M * more)]:
                all_odds = odds * DETECTION * (1.0 - DETECTION) ** (more - 1) * self.third(i, j, k)
                targets = {int(self.target[n]) for n in (i, j, k)}
                is_true = len(targets) == 1 and -1 not in targets
                yield math.log10(all_odds + 1e-30), is_true, targets, turn

    def shown(self):
        """For each birth, when it would be shown with its second, third and fourth plot."""
        for target, since in self.late.items():
            t = np.sort(self.t[self.target == target])
            yield [math.ceil(x / TURN_S - 1e-9) * TURN_S - since for x in t[1:4]] + [math.nan] * (
                3 - len(t[1:4]))


def weigh(name, seeds, tools):
    options, half_m, false_plots = SCENARIOS[name]
    count = int(options[options.index('--n') + 1])
    area = (2.0 * half_m) ** 2
    shown, false, born = [], [], {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, os.path.join(tools, 'scenario.py'), *options, '--seed',
                            str(seed), '--out', folder], check=True, stdout=subprocess.DEVNULL)
            run = Run(folder)
        shown += run.shown()
        rate = BORN_LATE * count / BORN_WITHIN_TURNS / area
        for odds, is_true, targets, turn in run.threes(rate, false_plots / area):
            if not is_true:
                false.append((odds, targets == {-1}))
                continue
            key = seed, min(targets)
            if key not in born or turn < born[key][0] or (turn == born[key][0] and
                                                          odds > born[key][1]):
                born[key] = turn, odds
    two, three, four = np.nanmean(np.array(shown), axis=0)
    print('%s: %d births in %d runs, shown with two plots after %.1f s, three %.1f, four %.1f' %
          (name, len(shown), len(seeds), two, three, four))
    for limit in LIMITS:
        passed = np.mean([odds >= limit for _, odds in born.values()])
        only = sum(odds >= limit and alone for odds, alone in false)
        mixed = sum(odds >= limit and not alone for odds, alone in false)
        print('  odds of %5.0f: %3d false, %3d with plots of aircraft; %3.0f %% of births with '
              'three plots: %.1f s' % (10.0 ** limit, only, mixed, 100.0 * passed,
                                       passed * three + (1.0 - passed) * four), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*', choices=[[], *NAMES], metavar='NAME')
    parser.add_argument('--seeds', default='1-5', type=seeds_of)
    parser.add_argument('--tools', default=os.environ.get('AIRPICTURE_TRACKING',
                                                          '../shared/bench/tracking'))
    a = parser.parse_args()
    if not os.path.exists(os.path.join(a.tools, 'scenario.py')):
        print('skipped: no scenario.py in ' + a.tools)
        return 0
    if np is None:
        python = python_with_numpy()
        if python is not None:
            return subprocess.run([python, *sys.argv]).returncode
        print('skipped: it needs numpy and scipy')
        return 0
    for name in a.names or NAMES:
        weigh(name, list(a.seeds), a.tools)
    return 0


if __name__ == '__main__':
    sys.exit(main())
