from __future__ import annotations

import re
from itertools import combinations, permutations

from insights.loop import STAGES
from web.loop_chart import BOX, HEIGHT, PLACES, WIDTH, arrows, boxes


def test_every_stage_has_its_place_and_none_covers_another() -> None:
    found = boxes([{"stage": "enjoy", "persons": 7}])
    assert {box.stage: box.persons for box in found} == {stage: 7 if stage == "enjoy" else 0 for stage in STAGES}
    wide, high = BOX
    for one, other in combinations(found, 2):
        assert abs(one.x - other.x) >= wide or abs(one.y - other.y) >= high
    assert all(0 <= box.x <= WIDTH - wide and 0 <= box.y <= HEIGHT - high for box in found)


def test_arrows_end_outside_the_boxes_and_stay_on_the_page() -> None:
    ways = [{"from_stage": a, "to_stage": b, "persons": n} for n, (a, b) in enumerate(permutations(STAGES, 2), 1)]
    found = arrows(ways)
    assert [arrow.persons for arrow in found] == [way["persons"] for way in ways]
    for arrow in found:
        numbers = [float(number) for number in re.findall(r"-?\d+", arrow.path)]
        for stage, (x, y) in ((arrow.from_stage, numbers[:2]), (arrow.to_stage, numbers[-2:])):
            across, down = abs(x - PLACES[stage][0]), abs(y - PLACES[stage][1])
            assert across >= BOX[0] / 2 or down >= BOX[1] / 2
        assert 0 <= arrow.x <= WIDTH
        assert 0 <= arrow.y <= HEIGHT
    assert max(arrow.thickness for arrow in found) == found[-1].thickness


def test_nobody_anywhere_draws_no_arrow() -> None:
    assert arrows([]) == []
