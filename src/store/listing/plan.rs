//! Turns column paths into one statement, and its rows into cells.
//!
//! A plan joins the tables that its columns follow, selects their columns, and keeps for each column a getter that
//! turns selected values into a cell. Columns that come from other records are [`Related`] and read for many rows at
//! once.

use crate::catalog::{
    Catalog, Collection, Compute, Computed, Entity, Field, Kind, Leaf, Limit, Path, Section, Sourced, parts,
};
use crate::output::row::{Column, ColumnKind, Row};
use crate::store::reading::selection::{Join, Pick, Selection};
use std::ops::Range;

/// Stands for an id that no record has.
pub(super) const NONE: u32 = u32::MAX;

/// A statement over one noun's records, and the getters that read its rows.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) entity: &'static Entity,
    pub(super) selection: Selection,
    /// The references that each of the selection's joins follows, from the plan's own records on.
    hops: Vec<Vec<&'static str>>,
    pub(super) getters: Vec<Getter>,
    pub(super) related: Vec<Related>,
    /// Lookups about records by their noun and id.
    pub(super) looked_up: Vec<LookedUp>,
    pub(super) few: Vec<Few>,
}

/// Source of a column's cell; numbers are column indexes of the selection.
#[derive(Debug)]
pub(super) enum Getter {
    Text(usize),
    Time(usize),
    Number(usize),
    Integer(usize),
    /// The amount; the unit follows it.
    Quantity(usize),
    /// The same in bytes.
    Bytes(usize),
    /// The names along a path, the outermost first.
    Path(Vec<usize>),
    /// A column of one of few records.
    Few {
        few: usize,
        column: usize,
    },
    /// A value of other records that refer to the id at a place.
    Related {
        id: usize,
        related: usize,
        value: usize,
    },
    /// One of the plan's records of whichever noun.
    Record(usize),
    /// Knowledge of sources about one of the plan's records.
    Sourced(usize, Sourced),
    /// The number of a ratio.
    Ratio(usize),
    /// The first that is not empty.
    First(Vec<Getter>),
    Remaining(LimitGetter),
    Part(LimitGetter),
    InBytes(Box<Getter>),
}

/// Sources of a [`Limit`].
#[derive(Debug)]
pub(super) struct LimitGetter {
    pub(super) capacity: Box<Getter>,
    pub(super) times: Option<Box<Getter>>,
    pub(super) used: Box<Getter>,
    pub(super) of: Measure,
}

/// Something that is looked up for many records at once; numbers are column indexes of the selection.
#[derive(Debug, Clone, Copy)]
pub(super) enum LookedUp {
    /// The path of a record of whichever noun: the place of the noun, which its id follows.
    Path(usize),
    /// Knowledge of sources about a record: the place of its id, and its noun.
    Sources(usize, &'static Entity),
}

impl Plan {
    pub(super) fn new(catalog: &Catalog, entity: &'static Entity, columns: &[&Path]) -> Self {
        let mut plan = Self {
            entity,
            selection: Selection::ids(entity),
            hops: Vec::new(),
            getters: Vec::new(),
            related: Vec::new(),
            looked_up: Vec::new(),
            few: Vec::new(),
        };
        for path in columns {
            plan.push(catalog, path);
        }
        plan
    }

    /// Adds a column of the few records that the references `back` lead to.
    pub(super) fn push_few(&mut self, catalog: &Catalog, back: Vec<&'static Field>, column: Path) {
        let names = |fields: &[&'static Field]| fields.iter().map(|field| field.name).collect::<Vec<_>>();
        let few = self.few.iter().position(|few| names(&few.back) == names(&back));
        let few = few.or_else(|| {
            let (reference, hops) = back.split_last()?;
            let target = catalog.target(reference)?;
            let table = self.table(catalog, hops);
            let place = self.pick(Pick::Column(table, reference.column));
            self.few.push(Few::new(back, place, target));
            Some(self.few.len() - 1)
        });
        if let Some((few, columns)) = few.and_then(|few| Some((few, self.few.get_mut(few)?))) {
            let column = columns.push(column);
            self.getters.push(Getter::Few { few, column });
        }
    }

    /// A plan over the records of `entity`, whose rows begin with the id that the references `back` lead to.
    pub(super) fn referring(catalog: &Catalog, entity: &'static Entity, back: &[&'static Field]) -> Self {
        let mut plan = Self::new(catalog, entity, &[]);
        if let Some((reference, hops)) = back.split_last() {
            let table = plan.table(catalog, hops);
            plan.selection.picks = vec![Pick::Column(table, reference.column)];
        }
        plan
    }

    /// Adds a column and returns its place among the getters.
    pub(super) fn push(&mut self, catalog: &Catalog, path: &Path) -> usize {
        let getter = self.getter(catalog, path);
        self.getters.push(getter);
        self.getters.len() - 1
    }

    /// Returns whether its rows need values that are read for many of them at once.
    pub(super) fn reads_others(&self) -> bool {
        !self.related.is_empty() || !self.looked_up.is_empty()
    }

    /// Returns which of the plan's [`Related`], and behind those which of what is looked up, some columns need.
    pub(super) fn needs(&self, columns: Range<usize>) -> Vec<bool> {
        let related = self.related.len();
        let mut needs = vec![false; related + self.looked_up.len()];
        for getter in self.getters.get(columns).unwrap_or_default() {
            getter.mark(&mut needs, related);
        }
        needs
    }

    /// Returns the number of the table that `hops` lead to, joined if it is not yet.
    fn table(&mut self, catalog: &Catalog, hops: &[&'static Field]) -> usize {
        let mut from = 0;
        for (depth, hop) in (1..).zip(hops) {
            let names = || hops.iter().take(depth).map(|field| field.name);
            let join = self.hops.iter().position(|joined| joined.iter().copied().eq(names())).unwrap_or_else(|| {
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
        picks.iter().position(|other| *other == pick).unwrap_or_else(|| {
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
            Leaf::Sourced(column) => {
                let table = self.table(catalog, &path.hops);
                let place = self.pick(Pick::Column(table, path.entity.id));
                let wanted = LookedUp::Sources(place, path.entity);
                let is_it = |other: &LookedUp| matches!(other, LookedUp::Sources(at, _) if *at == place);
                let at = self.looked_up.iter().position(is_it).unwrap_or_else(|| {
                    self.looked_up.push(wanted);
                    self.looked_up.len() - 1
                });
                Getter::Sourced(at, column)
            }
            Leaf::Collection(collection) => self.collection(catalog, &path.hops, path.entity, collection),
            Leaf::Parts(section) => self.parts(catalog, &path.hops, path.entity, section),
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
            Kind::Any { .. } => {
                let place = self.pair(table, field);
                self.looked_up.push(LookedUp::Path(place));
                Getter::Record(self.looked_up.len() - 1)
            }
            kind => {
                let place = self.pick(Pick::Column(table, field.column));
                match kind {
                    Kind::Count => Getter::Number(place),
                    Kind::Ratio => Getter::Ratio(place),
                    Kind::Factor => Getter::Integer(place),
                    Kind::Created | Kind::Updated | Kind::Time => Getter::Time(place),
                    _ => Getter::Text(place),
                }
            }
        }
    }

    /// Selects the two columns of a field, side by side, and returns the place of the first.
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
            Compute::Count { of, by } => self.total(catalog, hops, (entity, catalog.of(of), by), |_| Aggregate::Count),
            Compute::Sum { of, by, field, unless, from_zero } => {
                let of = catalog.of(of);
                self.total(catalog, hops, (entity, of, by), |plan| {
                    let summand = Path::known(catalog, of, field);
                    let measure = measure(catalog, &summand);
                    let unless =
                        unless.map(|(column, value)| (plan.push(catalog, &Path::known(catalog, of, column)), value));
                    Aggregate::Sum { summand: plan.push(catalog, &summand), unless, from_zero, of: measure }
                })
            }
            Compute::Remaining(limit) => Getter::Remaining(self.limit(catalog, hops, entity, &limit)),
            Compute::Part(limit) => Getter::Part(self.limit(catalog, hops, entity, &limit)),
            Compute::First(names) => {
                let paths = names.iter().map(|name| behind(hops, Path::known(catalog, entity, name)));
                Getter::First(paths.map(|path| self.getter(catalog, &path)).collect())
            }
        }
    }

    fn limit(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        limit: &Limit,
    ) -> LimitGetter {
        let path = |name| behind(hops, Path::known(catalog, entity, name));
        let mut getter = |name| Box::new(self.getter(catalog, &path(name)));
        LimitGetter {
            capacity: getter(limit.of),
            times: limit.times.map(&mut getter),
            used: getter(limit.used),
            of: measure(catalog, &path(limit.of)),
        }
    }

    fn collection(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        collection: &Collection,
    ) -> Getter {
        let table = self.table(catalog, hops);
        let id = self.pick(Pick::Column(table, entity.id));
        let of = catalog.of(collection.of);
        let back = Path::known(catalog, of, collection.by).references();
        let mut related = Related::new(catalog, id, entity, of, &back);
        let at = collection.at.map(|name| related.plan.push(catalog, &Path::known(catalog, of, name)));
        let main = collection.main.iter().map(|name| related.plan.push(catalog, &Path::known(catalog, of, name)));
        let items = Aggregate::Items { at, main: main.collect() };
        let value = related.push(items);
        self.related.push(related);
        Getter::Related { id, related: self.related.len() - 1, value }
    }

    fn parts(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        entity: &'static Entity,
        section: &Section,
    ) -> Getter {
        let table = self.table(catalog, hops);
        let id = self.pick(Pick::Column(table, entity.id));
        let (Section::List { of, by, .. } | Section::Tally { of, by, .. }) = section;
        let of = catalog.of(of);
        let columns = match section {
            Section::List { columns, .. } => parts(catalog, of, columns),
            Section::Tally { .. } => Vec::new(),
        };
        let mut related = Related::new(catalog, id, entity, of, &Path::known(catalog, of, by).references());
        for path in &columns {
            related.plan.push(catalog, path);
        }
        let headers: Vec<Column> = columns.iter().map(|path| path.column(catalog)).collect();
        let value = related.push(Aggregate::Objects(headers));
        self.related.push(related);
        Getter::Related { id, related: self.related.len() - 1, value }
    }

    /// Adds a total of the records `of` whose path `by` leads to the record of `entity` that `hops` lead to. Totals of
    /// the same records are read together.
    fn total(
        &mut self,
        catalog: &Catalog,
        hops: &[&'static Field],
        (entity, of, by): (&'static Entity, &'static Entity, &str),
        aggregate: impl FnOnce(&mut Self) -> Aggregate,
    ) -> Getter {
        let table = self.table(catalog, hops);
        let id = self.pick(Pick::Column(table, entity.id));
        let back = Path::known(catalog, of, by).references();
        let place = self.related.iter().position(|related| related.id == id && related.totals(of, &back));
        let place = place.unwrap_or_else(|| {
            self.related.push(Related::new(catalog, id, entity, of, &back));
            self.related.len() - 1
        });
        let value = self.related.get_mut(place).map_or(0, |related| {
            let aggregate = aggregate(&mut related.plan);
            related.push(aggregate)
        });
        Getter::Related { id, related: place, value }
    }
}

impl Getter {
    fn mark(&self, needs: &mut [bool], count: usize) {
        let place = match self {
            Self::Related { related, .. } => *related,
            Self::Record(place) | Self::Sourced(place, _) => count + place,
            Self::Remaining(limit) | Self::Part(limit) => {
                limit.capacity.mark(needs, count);
                return limit.used.mark(needs, count);
            }
            Self::InBytes(inner) => return inner.mark(needs, count),
            _ => return,
        };
        if let Some(need) = needs.get_mut(place) {
            *need = true;
        }
    }
}

/// Returns a path that begins with `hops`.
fn behind(hops: &[&'static Field], path: Path) -> Path {
    Path { hops: hops.iter().copied().chain(path.hops).collect(), ..path }
}

/// Measure of a summed column.
fn measure(catalog: &Catalog, path: &Path) -> Measure {
    match path.kind(catalog) {
        ColumnKind::Quantity => Measure::Bytes,
        _ => Measure::Count,
    }
}

/// A unit of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    Bytes,
    Count,
}

/// A value made from the records that refer to one; numbers are places among the getters of their plan.
#[derive(Debug)]
pub(super) enum Aggregate {
    Count,
    Sum {
        summand: usize,
        /// Leaves out records whose column has this value.
        unless: Option<(usize, &'static str)>,
        /// The sum of no records is zero, not empty.
        from_zero: bool,
        of: Measure,
    },
    /// The records as a row of a file lists them: `MAIN`, or `MAIN@AT`.
    Items {
        at: Option<usize>,
        main: Vec<usize>,
    },
    /// The records as JSON objects of these columns, which are all that the plan has.
    Objects(Vec<Column>),
}

/// The records of one noun that refer to others, and the values to make of them for each record referred to.
#[derive(Debug)]
pub(super) struct Related {
    /// The place of the id that they refer to, in a row of the plan above.
    pub(super) id: usize,
    /// The noun of the records referred to.
    pub(super) holder: &'static Entity,
    /// The references that lead from a record to its holder.
    pub(super) back: Vec<&'static Field>,
    /// Rows begin with the id of the holder.
    pub(super) plan: Plan,
    pub(super) aggregates: Vec<Aggregate>,
}

impl Related {
    pub(super) fn new(
        catalog: &Catalog,
        id: usize,
        holder: &'static Entity,
        of: &'static Entity,
        back: &[&'static Field],
    ) -> Self {
        let plan = Plan::referring(catalog, of, back);
        Self { id, holder, back: back.to_vec(), plan, aggregates: Vec::new() }
    }

    /// Returns true if these are totals of the records of `of` that `back` leads from.
    pub(super) fn totals(&self, of: &Entity, back: &[&'static Field]) -> bool {
        let names = |fields: &[&'static Field]| fields.iter().map(|field| field.name).collect::<Vec<_>>();
        !self.lists_items() && self.plan.entity.noun == of.noun && names(&self.back) == names(back)
    }

    pub(super) fn lists_items(&self) -> bool {
        self.aggregates.iter().any(|aggregate| matches!(aggregate, Aggregate::Items { .. } | Aggregate::Objects(_)))
    }

    /// Adds a value and returns its place.
    pub(super) fn push(&mut self, aggregate: Aggregate) -> usize {
        self.aggregates.push(aggregate);
        self.aggregates.len() - 1
    }
}

/// Cells of a few records, by id.
#[derive(Debug)]
pub(super) struct Few {
    /// The references that lead to the record that refers to one of them, and the reference itself.
    pub(super) back: Vec<&'static Field>,
    /// The place of the reference in a row of the list.
    pub(super) place: usize,
    pub(super) entity: &'static Entity,
    pub(super) columns: Vec<Path>,
    pub(super) cells: Row,
    /// The place of each id's first cell.
    pub(super) first: Vec<u32>,
}

impl Few {
    pub(super) fn new(back: Vec<&'static Field>, place: usize, entity: &'static Entity) -> Self {
        Self { back, place, entity, columns: Vec::new(), cells: Row::default(), first: Vec::new() }
    }

    /// Adds a column and returns its place.
    pub(super) fn push(&mut self, column: Path) -> usize {
        self.columns.push(column);
        self.columns.len() - 1
    }
}
