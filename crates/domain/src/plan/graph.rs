//! Graphs as positions: `edges[i]` are the positions that `i` waits for. Nothing here recurses, so that
//! a hostile draft cannot exhaust the stack.

/// The phase of each position by the longest path, from 0. `None` where a cycle is upstream.
pub(super) fn levels(edges: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let dependents = reverse(edges);
    let mut level = vec![0_usize; edges.len()];
    let mut free: Vec<usize> = (0..edges.len()).filter(|&at| waiting[at] == 0).collect();
    let mut done = vec![false; edges.len()];
    while let Some(at) = free.pop() {
        done[at] = true;
        for &next in &dependents[at] {
            level[next] = level[next].max(level[at] + 1);
            waiting[next] -= 1;
            if waiting[next] == 0 {
                free.push(next);
            }
        }
    }
    level.into_iter().zip(done).map(|(level, done)| done.then_some(level)).collect()
}

/// An order in which every position comes after those that it waits for; positions in or behind a
/// cycle are left out.
pub(super) fn order(edges: &[Vec<usize>]) -> Vec<usize> {
    let levels = levels(edges);
    let mut order: Vec<usize> = (0..edges.len()).filter(|&at| levels[at].is_some()).collect();
    order.sort_by_key(|&at| (levels[at], at));
    order
}

/// Disjoint cycles, at least one for each knot of the graph. Each begins at its lowest position and
/// goes along the edges.
pub(super) fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let levels = levels(edges);
    let mut left: Vec<bool> = levels.iter().map(Option::is_none).collect();
    let mut found = Vec::new();
    for start in 0..edges.len() {
        while let Some(cycle) = walk(edges, &mut left, start) {
            for &at in &cycle {
                left[at] = false;
            }
            found.push(from_lowest(cycle));
        }
    }
    found
}

/// Follows edges from `start` until a position comes back. A dead end is taken out and the walk backs up.
fn walk(edges: &[Vec<usize>], left: &mut [bool], start: usize) -> Option<Vec<usize>> {
    let mut trail = vec![start];
    let mut on_trail = vec![None; edges.len()];
    on_trail[start] = Some(0);
    while let Some(&at) = trail.last() {
        if !left[at] {
            trail.pop();
            continue;
        }
        match edges[at].iter().find(|&&next| left[next]) {
            Some(&next) => {
                if let Some(since) = on_trail[next] {
                    return Some(trail.split_off(since));
                }
                on_trail[next] = Some(trail.len());
                trail.push(next);
            }
            None => left[at] = false,
        }
    }
    None
}

fn from_lowest(mut cycle: Vec<usize>) -> Vec<usize> {
    let lowest = (0..cycle.len()).min_by_key(|&at| cycle[at]).unwrap_or(0);
    cycle.rotate_left(lowest);
    cycle
}

fn reverse(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut dependents = vec![Vec::new(); edges.len()];
    for (at, upstream) in edges.iter().enumerate() {
        for &on in upstream {
            dependents[on].push(at);
        }
    }
    dependents
}
