//! Plots as SVG, on a light panel of their own, so that they are read on light and dark pages.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::words::number;

/// The panel's colour: light, and not the white of a page.
const PANEL: RGBColor = RGBColor(250, 250, 247);
const INK: RGBColor = RGBColor(40, 40, 40);
const OWN: RGBColor = RGBColor(20, 110, 170);
const PEER: RGBColor = RGBColor(150, 150, 150);
const SECOND: RGBColor = RGBColor(200, 110, 20);

const WIDTH: u32 = 820;
/// Pixels for the names of bars.
const NAMES: i32 = 320;
/// Pixels for the numbers at the ends of bars.
const NUMBERS: i32 = 80;
const ROW: i32 = 26;
const TITLE: i32 = 40;

/// A bar of a plot.
#[derive(Debug)]
pub struct Bar<'a> {
    /// What it is of.
    pub name: &'a str,
    /// How long it is.
    pub value: f64,
    /// Realtid's, not a peer's.
    pub own: bool,
}

/// Horizontal bars, one under the other, with their numbers.
///
/// # Errors
/// Where the plotting library fails.
pub fn bars(title: &str, bars: &[Bar]) -> anyhow::Result<String> {
    let height = TITLE + ROW * i32::try_from(bars.len())? + 14;
    let longest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let room = f64::from(i32::try_from(WIDTH)? - NAMES - NUMBERS);
    let mut svg = String::new();
    {
        let root =
            SVGBackend::with_string(&mut svg, (WIDTH, u32::try_from(height)?)).into_drawing_area();
        root.fill(&PANEL)?;
        root.draw(&Text::new(
            title.to_owned(),
            (14, 12),
            ("sans-serif", 17).into_font().color(&INK),
        ))?;
        let left = ("sans-serif", 14)
            .into_font()
            .color(&INK)
            .pos(Pos::new(HPos::Left, VPos::Center));
        let right = left.pos(Pos::new(HPos::Right, VPos::Center));
        for (bar, row) in bars.iter().zip(0..) {
            let top = TITLE + ROW * row;
            let middle = top + ROW / 2;
            #[allow(clippy::cast_possible_truncation, reason = "some hundred pixels")]
            let end = NAMES
                + if longest > 0.0 {
                    (bar.value / longest * room) as i32
                } else {
                    0
                };
            let colour = if bar.own { OWN } else { PEER };
            root.draw(&Text::new(
                bar.name.to_owned(),
                (NAMES - 10, middle),
                right.clone(),
            ))?;
            root.draw(&Rectangle::new(
                [(NAMES, top + 4), (end.max(NAMES + 1), top + ROW - 4)],
                colour.filled(),
            ))?;
            root.draw(&Text::new(
                number(bar.value),
                (end + 8, middle),
                left.clone(),
            ))?;
        }
        root.present()?;
    }
    Ok(svg)
}

/// A line of a plot: its name, and its points by rising x.
pub type Line<'a> = (&'a str, Vec<(f64, f64)>);

/// Lines over a logarithmic axis, from 0 up.
///
/// # Errors
/// Where the plotting library fails.
pub fn lines(title: &str, across: &str, up: &str, lines: &[Line]) -> anyhow::Result<String> {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let [first, last] = points().fold([f64::MAX, 0.0_f64], |[first, last], (x, _)| {
        [first.min(*x), last.max(*x)]
    });
    let highest = points().map(|(_, y)| *y).fold(0.0, f64::max);
    anyhow::ensure!(last > first && highest > 0.0, "a line needs two points");
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, 380)).into_drawing_area();
        root.fill(&PANEL)?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, ("sans-serif", 17).into_font().color(&INK))
            .margin(14)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d((first..last).log_scale(), 0.0..highest * 1.2)?;
        chart
            .configure_mesh()
            .x_desc(across)
            .y_desc(up)
            .x_label_formatter(&|x| doubled(*x))
            .y_label_formatter(&|y| number(*y))
            .label_style(("sans-serif", 13).into_font().color(&INK))
            .light_line_style(TRANSPARENT)
            .bold_line_style(INK.mix(0.15))
            .draw()?;
        for ((name, points), colour) in lines.iter().zip([OWN, SECOND].into_iter().cycle()) {
            chart
                .draw_series(LineSeries::new(
                    points.iter().copied(),
                    colour.stroke_width(2),
                ))?
                .label(*name)
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2))
                });
            chart.draw_series(
                points
                    .iter()
                    .map(|point| Circle::new(*point, 4, colour.filled())),
            )?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(PANEL.filled())
            .label_font(("sans-serif", 13).into_font().color(&INK))
            .draw()?;
        root.present()?;
    }
    Ok(svg)
}

/// Only numbers that begin with 1, 2, 4 or 8 are written along a logarithmic axis: the others would
/// run into them.
fn doubled(value: f64) -> String {
    let text = number(value);
    if text.starts_with(['1', '2', '4', '8']) {
        text
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_have_their_names_and_numbers() {
        let all = [
            Bar {
                name: "mine",
                value: 1234.0,
                own: true,
            },
            Bar {
                name: "a <peer> & co",
                value: 0.0,
                own: false,
            },
        ];
        let svg = bars("speed", &all).unwrap();
        for part in [
            "<svg",
            "mine",
            "1,234",
            "a &lt;peer&gt; &amp; co",
            "speed",
            "</svg>",
        ] {
            assert!(svg.contains(part), "{part}");
        }
    }

    #[test]
    fn lines_need_two_points() {
        let one = [("mine", vec![(100.0, 1.0)])];
        assert!(lines("growth", "members", "us", &one).is_err());
        let two = [("mine", vec![(100.0, 1.0), (8_000.0, 1.5)])];
        assert!(
            lines("growth", "members", "us", &two)
                .unwrap()
                .contains("growth")
        );
    }
}
