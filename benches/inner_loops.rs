//! The inner loops that a million records go through: reading quantities, resolving names, writing CSV, laying a table
//! out. `cargo bench` compares each with its last run.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use inv::output::row::{Column, ColumnKind, Row};
use inv::output::{Layout, Style, sheet};
use inv::store::{Change, End, Resolver, Store};
use inv::value::Value;
use inv::value::decimal::Decimal;
use inv::value::quantity::{Unit, Units};
use inv::{Inventory, SCHEMA};
use std::hint::black_box;
use std::io::sink;

const ROWS: usize = 1000;

fn quantities(criterion: &mut Criterion) {
    let unit = |(id, (name, bytes)): (i64, (&str, u64))| Unit { id, name: name.to_owned(), bytes };
    let units = Units::new((1..).zip([("GB", 1_000_000_000), ("MiB", 1 << 20), ("GiB", 1 << 30)]).map(unit).collect());
    let texts = ["16 GiB", "2048MiB", "1.5 GiB", "16 GB"];
    let mut group = criterion.benchmark_group("quantity");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            for text in texts {
                black_box(units.parse(black_box(text)).expect("a quantity"));
            }
        });
    });
    let parsed = texts.map(|text| units.parse(text).expect("a quantity"));
    group.bench_function("bytes", |bencher| {
        bencher
            .iter(|| parsed.iter().map(|quantity| units.bytes(black_box(quantity))).fold(Decimal::ZERO, |a, b| a + b));
    });
    group.finish();
}

fn resolving(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = Inventory::standard();
    let store = Store::new(folder.path().join("inv.db"), &inventory.catalog, SCHEMA);
    store.create().expect("an inventory");
    let (provider, dc) = (inventory.catalog.of("provider"), inventory.catalog.of("dc"));
    let text = |text: String| Value::Text(text.into());
    store
        .write(End::Commit, |writer| {
            let holder = writer.apply(Change::Create { entity: provider, values: vec![text("p".to_owned())] })?.id;
            for number in 0..ROWS {
                let mut values = vec![Value::Null; dc.fields.len()];
                for (name, value) in [("name", text(format!("dc{number}"))), ("provider", Value::Integer(holder))] {
                    values[dc.position(name).expect("a field")] = value;
                }
                writer.apply(Change::Create { entity: dc, values })?;
            }
            Ok(())
        })
        .expect("records");
    let names: Vec<String> = (0..ROWS).map(|number| format!("p/dc{number}")).collect();
    let mut group = criterion.benchmark_group("resolve");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.bench_function("1000 paths, each anew", |bencher| {
        store
            .read(|reader| {
                bencher.iter(|| names.iter().map(|name| reader.resolve(dc, name).expect("an id")).sum::<i64>());
                Ok(())
            })
            .expect("an answer");
    });
    group.bench_function("1000 paths, remembered", |bencher| {
        store
            .read(|reader| {
                let mut resolver = Resolver::default();
                bencher
                    .iter(|| names.iter().map(|name| resolver.resolve(reader, dc, name).expect("an id")).sum::<i64>());
                Ok(())
            })
            .expect("an answer");
    });
    group.finish();
}

fn writing(criterion: &mut Criterion) {
    let columns = [
        Column::new("name", ColumnKind::Text),
        Column::new("memory", ColumnKind::Quantity),
        Column::new("cpu", ColumnKind::Number),
        Column::new("note", ColumnKind::Text),
    ];
    let rows: Vec<Row> = (0..ROWS)
        .map(|number| {
            let mut row = Row::default();
            row.text(&format!("web-{number:04}"));
            row.quantity("16", "GiB", Decimal::from_whole(16 << 30));
            row.number("4");
            row.text(if number % 10 == 0 { "hardened image, \u{6771}\u{4eac}" } else { "plain" });
            row
        })
        .collect();
    let mut group = criterion.benchmark_group("write 1000 rows");
    group.throughput(Throughput::Elements(ROWS as u64));
    for style in [Style::Csv, Style::Jsonl, Style::Table] {
        group.bench_function(style.name(), |bencher| {
            bencher.iter_batched(
                sink,
                |mut out| {
                    let mut sheet = sheet(style, Layout::piped(), &mut out);
                    sheet.begin(&columns).expect("a header");
                    for row in &rows {
                        sheet.row(black_box(row)).expect("a row");
                    }
                    sheet.end().expect("an end");
                },
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

criterion_group!(inner_loops, quantities, resolving, writing);
criterion_main!(inner_loops);
