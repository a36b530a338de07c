"""Ends of the totals of groups do not fall as the horizon grows."""

from perenne.models.predicting import rising_rows


def row(months, *, value="at_risk", **ends):
    return {"dimension": "segment", "value": value, "horizon_months": months, **ends}


def test_the_ends_of_a_group_do_not_fall_with_the_horizon():
    rows = [
        row(12, lo90=100.0, median=150.0, hi90=260.0),
        row(12, value="lost", lo90=0.0, median=5.0, hi90=9.0),
        row(24, lo90=80.0, median=190.0, hi90=250.0),
        row(24, value="lost", lo90=1.0, median=4.0, hi90=12.0),
        row(36, lo90=120.0, median=230.0, hi90=400.0),
        row(36, value="lost", lo90=0.5, median=6.0, hi90=20.0),
    ]
    told = rising_rows(rows)
    assert [
        (one["lo90"], one["median"], one["hi90"]) for one in told if one["value"] != "lost"
    ] == [
        (90.0, 150.0, 255.0),
        (90.0, 190.0, 255.0),
        (120.0, 230.0, 400.0),
    ]
    assert [one["lo90"] for one in told if one["value"] == "lost"] == [0.0, 0.75, 0.75]
    assert [one["value"] for one in told] == [one["value"] for one in rows]


def test_margins_rise_only_where_none_is_lost_and_what_is_kept_of_them_follows():
    ends = [(50.0, 40.0), (30.0, 15.0)]
    gained = rising_rows(
        [
            row(12 * (n + 1), margin_lo90=margin, net_lo90=net)
            for n, (margin, net) in enumerate(ends)
        ]
    )
    assert [(one["margin_lo90"], one["net_lo90"]) for one in gained] == [(40.0, 30.0), (40.0, 25.0)]
    lost = [row(12, margin_lo90=-10.0), row(24, margin_lo90=-30.0)]
    assert [one["margin_lo90"] for one in rising_rows(lost)] == [-10.0, -30.0]
    assert rising_rows([row(12, mean=3.0)]) == [row(12, mean=3.0)]
