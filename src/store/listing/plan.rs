//! From column paths to one statement, and from its rows to cells.
//!
//! A plan joins what its columns follow, selects what they need, and keeps for each column a getter that turns the
//! selected values into a cell. What is computed from other records is a statement of its own, run for one record.

use crate::catalog::{Catalog, Collection, Compute, Computed, Entity, Field, Kind, Leaf, Path};
use crate::error::Result;
use crate::output::row::Row;
use crate::store::engine::{Bind, Cursor, Raw, Statement};
use crate::store::listing::known::{Cut, Few, Known};
use crate::store::reading::reader::Reader;
use crate::store::reading::selection::{Condition, Join, Pick, Selection, alias_of};
use crate::value::decimal::Decimal;
use crate::value::quantity::{self, Units};
use std::ops::{ControlFlow, Range};

/// A statement over one noun's records, and how to read its rows.
pub(in crate::store) struct Plan {
    entity: &'static Entity,
    selection: Selection,
    /// The references that each of the selection's joins follows, from the plan's own records on.
    hops: Vec<Vec<&'static str>>,
    getters: Vec<Getter>,
    /// Statements for rows of other records that may come in step with the plan's own, and which of their columns holds
    /// the id of the plan's record.
    feeds: Vec<(String, usize)>,
    known: Vec<(usize, Known)>,
}

/// What a plan reads from: one moment of the inventory, and rows of other records that come in step with its own.
pub(in crate::store) struct Sources<'r, 's> {
    reader: &'r Reader<'s>,
    units: &'r Units,
    feeds: Vec<Option<Cursor<'r>>>,
    found: Vec<Option<usize>>,
}

impl<'r, 's> Sources<'r, 's> {
    /// Everything is looked up for each record by itself.
    pub(in crate::store) const fn new(reader: &'r Reader<'s>, units: &'r Units) -> Self {
        Self { reader, units, feeds: Vec::new(), found: Vec::new() }
    }

    /// The plan's records come in the order of their ids, and `feeds` (those of [`Plan::feeds`]) in step with them.
    pub(in crate::store) fn in_step(reader: &'r Reader<'s>, units: &'r Units, feeds: Vec<Cursor<'r>>) -> Self {
        Self { feeds: feeds.into_iter().map(Some).collect(), ..Self::new(reader, units) }
    }
}

/// How a column's cell is made from a row; the numbers are places in the selection.
enum Getter {
    Text(usize),
    Time(usize),
    Number(usize),
    Integer(usize),
    /// The amount, and behind it the unit.
    Quantity(usize),
    /// The same in bytes.
    Bytes(usize),
    /// The names along a path, the outermost first.
    Path(Vec<usize>),
    /// What is known of a record that is referred to: which of those that are known, and which of its columns.
    Known(usize, usize),
    /// A path below one that is known so, by the names from there on.
    Below(usize, usize, Vec<usize>),
    Nested {
        id: usize,
        nested: Box<Nested>,
    },
    Remaining {
        total: Box<Getter>,
        used: Box<Getter>,
        of: Measure,
    },
    InBytes(Box<Getter>),
}

/// A statement that is run for one record.
struct Nested {
    statement: Statement,
    plan: Plan,
    yields: Yield,
    /// Which of the plan's feeds has its rows, where one does.
    feed: Option<usize>,
}

enum Yield {
    Count,
    Sum { unless: Option<&'static str>, from_zero: bool, of: Measure },
    Items { at: bool },
}

/// What a sum is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Measure {
    Bytes,
    Count,
}

impl Plan {
    pub(in crate::store) fn new(catalog: &Catalog, entity: &'static Entity, columns: &[&Path]) -> Self {
        let mut plan = Self {
            entity,
            selection: Selection::ids(entity),
            hops: Vec::new(),
            getters: Vec::new(),
            feeds: Vec::new(),
            known: Vec::new(),
        };
        for path in columns {
            let getter = plan.getter(catalog, path);
            plan.getters.push(getter);
        }
        plan
    }

    /// The same for a list of all records: what it tells of few others is read once, and not joined.
    pub(in crate::store) fn of_all(reader: &Reader<'_>, entity: &'static Entity, columns: &[&Path]) -> Result<Self> {
        let catalog = reader.catalog();
        let mut plan = Self::new(catalog, entity, &[]);
        let few = Few::beside(reader, entity)?;
        let cuts = columns.iter().map(|path| few.cut(path)).collect::<Result<Vec<Option<Cut>>>>()?;
        // What is told of the records behind one reference is read together.
        let mut known: Vec<(usize, &'static Entity, Vec<Path>)> = Vec::new();
        for (path, cut) in columns.iter().zip(cuts) {
            let Some(Cut { hops, by, entity, column, names }) = cut else {
                let getter = plan.getter(catalog, path);
                plan.getters.push(getter);
                continue;
            };
            let table = plan.table(catalog, &hops);
            let place = plan.pick(Pick::Column(table, by.column));
            let number = known.iter().position(|(other, ..)| *other == place).unwrap_or_else(|| {
                known.push((place, entity, Vec::new()));
                known.len() - 1
            });
            let told = &mut known[number].2;
            told.push(column);
            let column = told.len() - 1;
            let below = names.into_iter().map(|(hops, entity)| {
                let table = plan.table(catalog, &hops);
                plan.pick(Pick::name(entity, table))
            });
            let below: Vec<usize> = below.collect();
            plan.getters.push(if below.is_empty() {
                Getter::Known(number, column)
            } else {
                Getter::Below(number, column, below)
            });
        }
        for (place, entity, told) in known {
            plan.known.push((place, Known::load(reader, entity, &told)?));
        }
        Ok(plan)
    }

    /// What it reads: of all its records.
    pub(in crate::store) fn selection(&self) -> Selection {
        self.selection.clone()
    }

    /// Adds the cells of one row of the statement to `row`.
    pub(in crate::store) fn fill(&self, from: &mut Sources<'_, '_>, raw: &Raw<'_>, row: &mut Row) -> Result<()> {
        self.begin(from, raw)?;
        self.fill_some(from, raw, 0..self.getters.len(), row)
    }

    /// Finds what is known of the records that one row of the statement refers to, before its cells are made.
    pub(in crate::store) fn begin(&self, from: &mut Sources<'_, '_>, raw: &Raw<'_>) -> Result<()> {
        if !self.known.is_empty() {
            from.found.clear();
        }
        for (place, known) in &self.known {
            from.found.push(known.find(raw.integer(*place)?));
        }
        Ok(())
    }

    /// Adds some cells of the row to `row`.
    pub(in crate::store) fn fill_some(
        &self,
        from: &mut Sources<'_, '_>,
        raw: &Raw<'_>,
        columns: Range<usize>,
        row: &mut Row,
    ) -> Result<()> {
        let getters = self.getters.get(columns).unwrap_or_default();
        getters.iter().try_for_each(|getter| getter.push(self, from, raw, row))
    }

    /// The statements that a list of all records, in the order of their ids, may read in step with its own: each with
    /// the column that holds the record's id.
    pub(in crate::store) fn feeds(&self) -> impl ExactSizeIterator<Item = &(String, usize)> {
        self.feeds.iter()
    }

    /// The number of the table that `hops` lead to, joined if it is not yet.
    fn table(&mut self, catalog: &Catalog, hops: &[&'static Field]) -> usize {
        let mut from = 0;
        for (depth, hop) in (1..).zip(hops) {
            let names = || hops.iter().take(depth).map(|field| field.name);
            let known = self.hops.iter().position(|known| known.iter().copied().eq(names()));
            let join = known.unwrap_or_else(|| {
                if let Some(target) = catalog.target(hop) {
                    self.selection.joins.push(Join { from, column: hop.column, to: target.into() });
                    self.hops.push(names().collect());
                }
                self.hops.len() - 1
            });
            from = join + 1;
        }
        from
    }

    fn pick(&mut self, pick: Pick) -> usize {
        let picks = &mut self.selection.picks;
        picks.iter().position(|known| *known == pick).unwrap_or_else(|| {
            picks.push(pick);
            picks.len() - 1
        })
    }

    fn getter(&mut self, catalog: &Catalog, path: &Path) -> Getter {
        match path.leaf {
            Leaf::Field(field) => self.field(catalog, &path.hops, field),
            Leaf::Bytes(field) => {
                let table = self.table(catalog, &path.hops);
                Getter::Bytes(self.pair(table, field))
            }
            Leaf::Id => {
                let table = self.table(catalog, &path.hops);
                Getter::Integer(self.pick(Pick::Column(table, path.entity.id)))
            }
            Leaf::Path => self.path(catalog, &path.hops, path.entity),
            Leaf::Computed(computed) => self.computed(catalog, &path.hops, path.entity, computed),
            Leaf::ComputedBytes(computed) => {
                Getter::InBytes(Box::new(self.computed(catalog, &path.hops, path.entity, computed)))
            }
            Leaf::Collection(collection) => self.collection(catalog, &path.hops, path.entity, collection),
        }
    }

    fn field(&mut self, catalog: &Catalog, hops: &[&'static Field], field: &'static Field) -> Getter {
        if let Some(target) = catalog.target(field) {
            let hops: Vec<&'static Field> = hops.iter().copied().chain([field]).collect();
            let table = self.table(catalog, &hops);
            return Getter::Text(self.pick(Pick::name(target, table)));
        }
        let table = self.table(catalog, hops);
        match field.kind {
            Kind::Quantity { .. } => Getter::Quantity(self.pair(table, field)),
            kind => {
                let place = self.pick(Pick::Column(table, field.column));
                match kind {
                    Kind::Count => Getter::Number(place),
                    Kind::Factor => Getter::Integer(place),
                    Kind::Created | Kind::Updated => Getter::Time(place),
                    _ => Getter::Text(place),
                }
            }
        }
    }

    /// Selects a quantity's two columns, side by side, and returns the place of the first.
    fn pair(&mut self, table: usize, field: &'static Field) -> usize {
        let place = self.selection.picks.len();
        self.selection.picks.extend(field.columns().map(|column| Pick::Column(table, column)));
        place
    }

    fn path(&mut self, catalog: &Catalog, hops: &[&'static Field], entity: &'static Entity) -> Getter {
        let mut hops = hops.to_vec();
        let table = self.table(catalog, &hops);
        let mut places = vec![self.pick(Pick::name(entity, table))];
        for (field, holder) in catalog.ancestors(entity) {
            hops.push(field);
            let table = self.table(catalog, &hops);
            places.push(self.pick(Pick::name(holder, table)));
        }
        places.reverse();
        Getter::Path(places)
    }

    fn computed(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        computed: &Computed,
    ) -> Getter {
        match computed.rule {
            Compute::Count { of, by } => {
                let of = catalog.of(of);
                let mut plan = Self::new(catalog, of, &[]);
                plan.selection.picks = vec![Pick::Count];
                self.nested(catalog, hops, entity, plan, by, Yield::Count)
            }
            Compute::Sum { of, by, field, unless, from_zero } => {
                let of = catalog.of(of);
                let field = Path::known(catalog, of, field);
                let measure = measure(catalog, &field);
                let excluded = unless.map(|(column, _)| Path::known(catalog, of, column));
                let columns: Vec<&Path> = std::iter::once(&field).chain(&excluded).collect();
                let plan = Self::new(catalog, of, &columns);
                let unless = unless.map(|(_, value)| value);
                self.nested(catalog, hops, entity, plan, by, Yield::Sum { unless, from_zero, of: measure })
            }
            Compute::Remaining { of, used } => {
                let mut follow = |name| {
                    let mut path = Path::known(catalog, entity, name);
                    path.hops = hops.iter().copied().chain(path.hops).collect();
                    (measure(catalog, &path), Box::new(self.getter(catalog, &path)))
                };
                let (of, total) = follow(of);
                let (_, used) = follow(used);
                Getter::Remaining { total, used, of }
            }
        }
    }

    fn collection(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        collection: &Collection,
    ) -> Getter {
        let of = catalog.of(collection.of);
        let names = collection.at.iter().chain(collection.main);
        let columns: Vec<Path> = names.map(|name| Path::known(catalog, of, name)).collect();
        let columns: Vec<&Path> = columns.iter().collect();
        let plan = Self::new(catalog, of, &columns);
        let items = Yield::Items { at: collection.at.is_some() };
        self.nested(catalog, hops, entity, plan, collection.by, items)
    }

    fn nested(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        mut plan: Self,
        by: &str,
        yields: Yield,
    ) -> Getter {
        let table = self.table(catalog, hops);
        let id = self.pick(Pick::Column(table, entity.id));
        let path = Path::known(catalog, plan.entity, by);
        let last = match path.leaf {
            Leaf::Field(field) => Some(field),
            _ => None,
        };
        let back: Vec<&'static Field> = path.hops.into_iter().chain(last).collect();
        let condition = Condition::leads(catalog, plan.entity, &back, 1);
        let statement = Statement::new(plan.selection().with(condition));
        // Rows come in the order of a reference of their own without being sorted: an index has them so.
        let single = back.first().filter(|_| hops.is_empty() && back.len() == 1);
        let feed = single.map(|reference| {
            let column = plan.pick(Pick::Column(0, reference.column));
            let condition = format!("{}.{}", alias_of(0), reference.column);
            let (groups, order) = match yields {
                Yield::Count => (format!(" GROUP BY {condition}"), String::new()),
                _ => (String::new(), format!(", t.{}", plan.entity.id)),
            };
            let tail = format!(" WHERE {condition} IS NOT NULL{groups} ORDER BY {condition}{order}");
            self.feeds.push((plan.selection.without_conditions() + &tail, column));
            self.feeds.len() - 1
        });
        Getter::Nested { id, nested: Box::new(Nested { statement, plan, yields, feed }) }
    }
}

/// What a summed column measures.
fn measure(catalog: &Catalog, path: &Path) -> Measure {
    match path.kind(catalog) {
        crate::output::row::ColumnKind::Quantity => Measure::Bytes,
        _ => Measure::Count,
    }
}

/// A quantity of a row: its amount, its unit's name, and how many bytes one of those is.
fn stored<'r>(units: &'r Units, raw: &'r Raw<'_>, place: usize) -> Result<Option<(&'r str, &'r str, u64)>> {
    let (Some(amount), Some(unit)) = (raw.text(place)?, raw.integer(place + 1)?) else { return Ok(None) };
    Ok(Some(units.get(unit).map_or((amount, "", 0), |unit| (amount, unit.name.as_str(), unit.bytes))))
}

fn push_measure(row: &mut Row, of: Measure, size: Option<Decimal>) {
    match (of, size) {
        (_, None) => row.null(),
        (Measure::Count, Some(size)) => row.number(&size.to_string()),
        (Measure::Bytes, Some(size)) => {
            let (amount, unit) = quantity::compact(size);
            row.quantity(&amount, unit, size);
        }
    }
}

impl Getter {
    fn push(&self, plan: &Plan, from: &mut Sources<'_, '_>, raw: &Raw<'_>, row: &mut Row) -> Result<()> {
        match self {
            Self::Text(place) => match raw.text(*place)? {
                Some(text) => row.text(text),
                None => row.null(),
            },
            Self::Time(place) => match raw.text(*place)? {
                Some(text) => row.time(text),
                None => row.null(),
            },
            Self::Number(place) => match raw.text(*place)? {
                Some(text) => row.number(text),
                None => row.null(),
            },
            Self::Integer(place) => match raw.integer(*place)? {
                Some(number) => row.integer(number),
                None => row.null(),
            },
            Self::Quantity(place) => match stored(from.units, raw, *place)? {
                Some((amount, unit, bytes)) => row.stored_quantity(amount, unit, bytes),
                None => row.null(),
            },
            Self::Path(places) => push_path(row, None, places, raw)?,
            Self::Known(number, column) => match plan.known.get(*number).zip(from.found.get(*number)) {
                Some(((_, known), Some(found))) => row.push(known.cells(), found + column),
                _ => row.null(),
            },
            Self::Below(number, column, names) => push_path(row, above(plan, from, *number, *column), names, raw)?,
            Self::Bytes(_) | Self::InBytes(_) => push_measure(row, Measure::Count, self.size(from, raw)?),
            Self::Remaining { of, .. } => push_measure(row, *of, self.size(from, raw)?),
            Self::Nested { id, nested } => match (raw.integer(*id)?, &nested.yields) {
                (None, _) => row.null(),
                (Some(id), Yield::Items { at }) => {
                    let items = nested.items(from, id, *at)?;
                    row.list(items.iter().map(String::as_str));
                }
                (Some(id), Yield::Count) => push_measure(row, Measure::Count, nested.size(from, id)?),
                (Some(id), Yield::Sum { of, .. }) => push_measure(row, *of, nested.size(from, id)?),
            },
        }
        Ok(())
    }

    /// What the column measures, exactly; nothing where it is empty or no measure.
    fn size(&self, from: &mut Sources<'_, '_>, raw: &Raw<'_>) -> Result<Option<Decimal>> {
        Ok(match self {
            Self::Number(place) => raw.text(*place)?.and_then(|text| Decimal::parse(text).ok()),
            Self::Integer(place) => raw.integer(*place)?.map(|number| Decimal::from_whole(number.into())),
            Self::Quantity(place) | Self::Bytes(place) => {
                stored(from.units, raw, *place)?.map(|(amount, _, unit)| quantity::bytes(amount, unit))
            }
            Self::InBytes(getter) => getter.size(from, raw)?,
            Self::Nested { id, nested } => match raw.integer(*id)? {
                Some(id) => nested.size(from, id)?,
                None => None,
            },
            Self::Remaining { total, used, .. } => match total.size(from, raw)? {
                Some(total) => Some(total - used.size(from, raw)?.unwrap_or_default()),
                None => None,
            },
            Self::Text(_) | Self::Time(_) | Self::Path(_) | Self::Known(..) | Self::Below(..) => None,
        })
    }
}

/// Adds a path of the names in `places`, the outermost first, below the path `above`; names that there are not are left
/// out.
fn push_path(row: &mut Row, above: Option<&str>, places: &[usize], raw: &Raw<'_>) -> Result<()> {
    let mut begun = false;
    let mut part = |row: &mut Row, name: &str| {
        if std::mem::replace(&mut begun, true) {
            row.add("/");
        } else {
            row.text("");
        }
        row.add(name);
    };
    if let Some(above) = above {
        part(row, above);
    }
    for place in places {
        if let Some(name) = raw.text(*place)? {
            part(row, name);
        }
    }
    if !begun {
        row.null();
    }
    Ok(())
}

/// The path that is known of what holds a record.
fn above<'p>(plan: &'p Plan, from: &Sources<'_, '_>, number: usize, column: usize) -> Option<&'p str> {
    let (_, known) = plan.known.get(number)?;
    let found = from.found.get(number).copied().flatten()?;
    known.cells().cell(found + column).plain()
}

impl Nested {
    /// Hands each of the record's rows to `each`.
    fn each(
        &self,
        from: &mut Sources<'_, '_>,
        id: i64,
        mut each: impl FnMut(&mut Sources<'_, '_>, &Raw<'_>) -> Result<()>,
    ) -> Result<()> {
        let taken = self.feed.and_then(|feed| Some((feed, from.feeds.get_mut(feed)?.take()?)));
        if let Some((feed, mut cursor)) = taken {
            while let Some(raw) = cursor.row_of(id)? {
                each(from, &raw)?;
                cursor.step()?;
            }
            if let Some(place) = from.feeds.get_mut(feed) {
                *place = Some(cursor);
            }
            return Ok(());
        }
        let reader = from.reader;
        reader.connection.select(&self.statement, &[Bind::Integer(id)], |raw| {
            each(from, raw)?;
            Ok(ControlFlow::Continue(()))
        })
    }

    fn size(&self, from: &mut Sources<'_, '_>, id: i64) -> Result<Option<Decimal>> {
        let mut sum = None;
        let mut row = Row::default();
        self.each(from, id, |from, raw| {
            match &self.yields {
                Yield::Count => sum = raw.integer(0)?.map(|count| Decimal::from_whole(count.into())),
                Yield::Items { .. } => {}
                Yield::Sum { unless, .. } => {
                    let excluded = match (unless, self.plan.getters.get(1)) {
                        (Some(value), Some(getter)) => {
                            row.clear();
                            getter.push(&self.plan, from, raw, &mut row)?;
                            row.cell(0) == crate::output::row::Cell::Text(value)
                        }
                        _ => false,
                    };
                    if let (false, Some(getter)) = (excluded, self.plan.getters.first())
                        && let Some(size) = getter.size(from, raw)?
                    {
                        sum = Some(sum.unwrap_or_default() + size);
                    }
                }
            }
            Ok(())
        })?;
        Ok(sum.or(match self.yields {
            Yield::Count | Yield::Sum { from_zero: true, .. } => Some(Decimal::ZERO),
            _ => None,
        }))
    }

    /// The records of a collection as a row of a file gives them: `MAIN`, or `MAIN@AT`.
    fn items(&self, from: &mut Sources<'_, '_>, id: i64, at: bool) -> Result<Vec<String>> {
        let mut items = Vec::new();
        let mut row = Row::default();
        self.each(from, id, |from, raw| {
            row.clear();
            self.plan.fill(from, raw, &mut row)?;
            let place = if at { row.cell(0).plain() } else { None };
            for main in usize::from(at)..row.len() {
                if let Some(main) = row.cell(main).plain() {
                    items.push(place.map_or_else(|| main.to_owned(), |place| format!("{main}@{place}")));
                }
            }
            Ok(())
        })?;
        Ok(items)
    }
}
