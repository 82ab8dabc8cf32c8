//! Plots of the report as inline SVG.
//!
//! Colours are keys: the style sheet selects each by its value and replaces it by the colour of the light or dark
//! theme.

use crate::command::pools::grouped;
use crate::error::{Error, Result};
use crate::output::measure;
use plotters::coord::Shift;
use plotters::prelude::{
    AreaSeries, ChartBuilder, DrawingArea, IntoDrawingArea, IntoFont, LineSeries, RGBColor, Rectangle, SVGBackend,
    Text, TextStyle,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoTextStyle};

/// Width of a plot in SVG units; the page scales it.
const WIDTH: u32 = 440;
/// Height of a bar with its label.
const ROW: u32 = 40;
/// Height of the bar alone.
const BAR: i32 = 10;
/// Height of the plot of growth.
const TALL: u32 = 240;
/// Largest width of a label in terminal columns.
const LABEL: usize = 40;

const TEXT: RGBColor = RGBColor(17, 17, 17);
const LINE: RGBColor = RGBColor(204, 204, 204);
const TRACK: RGBColor = RGBColor(238, 238, 238);

/// Meaning of a bar, which sets its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Good,
    Warning,
    Bad,
}

impl Tone {
    /// Returns the value that the style sheet selects.
    const fn color(self) -> RGBColor {
        match self {
            Self::Plain => RGBColor(47, 111, 222),
            Self::Good => RGBColor(46, 139, 87),
            Self::Warning => RGBColor(201, 138, 0),
            Self::Bad => RGBColor(200, 50, 50),
        }
    }
}

/// A labelled bar.
pub(super) struct Bar {
    pub label: String,
    pub value: String,
    /// Length, 1 for the whole width.
    pub share: f64,
    pub tone: Tone,
}

type Area<'s> = DrawingArea<SVGBackend<'s>, Shift>;

/// Plots bars below each other, each under its label and value.
pub(super) fn bars(bars: &[Bar]) -> Result<String> {
    let rows = u32::try_from(bars.len()).unwrap_or(u32::MAX / ROW);
    render((WIDTH, (rows * ROW).max(1)), |area| {
        for (bar, row) in bars.iter().zip(0_i32..) {
            let top = row * i32::try_from(ROW).unwrap_or_default();
            let label = (measure::width(&bar.label) > LABEL)
                .then(|| format!("{}{}", measure::cut(&bar.label, LABEL).0, measure::ELLIPSIS));
            let text = |anchor| font(16).pos(Pos::new(anchor, VPos::Top));
            let right = i32::try_from(WIDTH).unwrap_or_default();
            area.draw(&Text::new(label.unwrap_or_else(|| bar.label.clone()), (0, top + 2), text(HPos::Left)))
                .map_err(failed)?;
            area.draw(&Text::new(bar.value.clone(), (right, top + 2), text(HPos::Right))).map_err(failed)?;
            let (above, below) = (top + 23, top + 23 + BAR);
            area.draw(&Rectangle::new([(0, above), (right, below)], TRACK.filled())).map_err(failed)?;
            #[expect(clippy::cast_possible_truncation, reason = "a place within the plot's width")]
            let end = (bar.share.clamp(0.0, 1.0) * f64::from(WIDTH)).round() as i32;
            // A share above zero stays visible.
            let end = if bar.share > 0.0 { end.max(2) } else { end };
            if end > 0 {
                area.draw(&Rectangle::new([(0, above), (end, below)], bar.tone.color().filled())).map_err(failed)?;
            }
        }
        Ok(())
    })
}

/// Plots the number of VMs at the end of each month.
pub(super) fn growth(months: &[(String, u64, u64)]) -> Result<String> {
    let points = || months.iter().zip(0_u64..).map(|((.., sum), at)| (at, *sum));
    let most = points().map(|(_, sum)| sum).max().unwrap_or_default().max(1);
    let last = points().last().map_or(1, |(at, _)| at.max(1));
    render((WIDTH, TALL), |area| {
        let mut chart = ChartBuilder::on(area)
            .margin_top(10)
            .margin_right(24)
            .x_label_area_size(28)
            .y_label_area_size(64)
            .build_cartesian_2d(0..last, 0..most + most.div_ceil(20))
            .map_err(failed)?;
        let month = |at: &u64| {
            let entry = usize::try_from(*at).ok().and_then(|at| months.get(at));
            entry.map_or_else(String::new, |(month, ..)| month.clone())
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            // Plotters uses fewer labels if they would not be whole numbers.
            .x_labels(6)
            .y_labels(6)
            .x_label_formatter(&month)
            .y_label_formatter(&|sum| grouped(&sum.to_string()))
            .label_style(font(15))
            .axis_style(LINE)
            .bold_line_style(LINE)
            .light_line_style(LINE.mix(0.0))
            .draw()
            .map_err(failed)?;
        let color = Tone::Plain.color();
        let area = AreaSeries::new(points(), 0, color.mix(0.2));
        chart.draw_series(area).map_err(failed)?;
        chart.draw_series(LineSeries::new(points(), color.stroke_width(2))).map_err(failed)?;
        Ok(())
    })
}

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&TEXT).into_text_style(&(WIDTH, TALL))
}

/// Returns the SVG of a plot of `size` that `draw` draws.
fn render(size: (u32, u32), draw: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        draw(&area)?;
        area.present().map_err(failed)?;
    }
    Ok(svg)
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::failed(format!("a plot cannot be drawn: {error}"))
}
