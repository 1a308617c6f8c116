// The regular expressions of the metadata as automata over digits. They are
// of a small kind: digits, \d, [classes], (?:groups), |, ?, {n} and {n,m}.
// Anything else is an error, so that nothing is ever approximated.
//
// An automaton is { start, step(state, digit), accepts(state) }; its states
// are small integers and 0 is the dead one, from which nothing is accepted.

export const DEAD = 0;


// A pattern that is to match a number whole.

export function whole(pattern) {
    return subsets(compile(pattern));
}


// A pattern that is to match where a number begins.

export function beginning(pattern) {
    const automaton = whole(pattern);
    const MATCHED = -1;

    const settle = (state) => automaton.accepts(state) ? MATCHED : state;

    return {
        start: settle(automaton.start),
        step: (state, digit) => state === MATCHED
            ? MATCHED : settle(automaton.step(state, digit)),
        accepts: (state) => state === MATCHED,
    };
}


// How many numbers an automaton of a whole pattern accepts.

export function size({ start, step, accepts }) {
    const known = new Map([[DEAD, 0]]);

    const count = (state) => {
        if (!known.has(state)) {
            known.set(state, Array.from('0123456789')
                .reduce((sum, digit) => sum + count(step(state, digit)),
                        accepts(state) ? 1 : 0));
        }

        return known.get(state);
    };

    return count(start);
}


// The pattern as a tree: { digits: Set } | { all: [...] } | { any: [...] }
//                        | { of, least, most }

export function parse(pattern) {
    let at = 0;

    const wrong = (what) => {
        throw new Error(`${what} at ${at} of ${pattern}`);
    };

    const any = () => {
        const branches = [all()];

        while (pattern[at] === '|') {
            at++;
            branches.push(all());
        }

        return { any: branches };
    };

    const all = () => {
        const parts = [];

        while (at < pattern.length && pattern[at] !== '|'
               && pattern[at] !== ')')
        {
            parts.push(repeated(one()));
        }

        return { all: parts };
    };

    const one = () => {
        if (pattern.startsWith('(?:', at)) {
            at += 3;
            const inner = any();

            if (pattern[at++] !== ')') {
                wrong('no )');
            }

            return inner;
        }

        if (pattern.startsWith('\\d', at)) {
            at += 2;
            return { digits: new Set('0123456789') };
        }

        if (pattern[at] === '[') {
            return { digits: set() };
        }

        if (/\d/.test(pattern[at])) {
            return { digits: new Set(pattern[at++]) };
        }

        return wrong('an unknown sign');
    };

    const set = () => {
        const digits = new Set();

        at++;

        while (pattern[at] !== ']') {
            const range = /^(\d)(?:-(\d))?/.exec(pattern.slice(at))
                          || wrong('an unknown class');

            for (let d = +range[1]; d <= +(range[2] ?? range[1]); d++) {
                digits.add(String(d));
            }

            at += range[0].length;
        }

        at++;

        return digits;
    };

    const repeated = (of) => {
        const times = /^(?:\?|\{(\d+)(?:,(\d+))?\})/.exec(pattern.slice(at));

        if (!times) {
            return of;
        }

        at += times[0].length;

        return times[0] === '?'
            ? { of, least: 0, most: 1 }
            : { of, least: +times[1], most: +(times[2] ?? times[1]) };
    };

    const tree = any();

    return at === pattern.length ? tree : wrong('an end too soon');
}


// Thompson's construction: nodes[n] = { digits, to } or { free: [...] }.

function compile(pattern) {
    const nodes = [];

    const add = (node) => nodes.push(node) - 1;

    // where to begin, so as to have matched "tree" when "to" is reached

    const build = (tree, to) => {
        if (tree.digits) {
            return add({ digits: tree.digits, to });
        }

        if (tree.all) {
            return tree.all.reduceRight((next, part) => build(part, next), to);
        }

        if (tree.any) {
            return add({ free: tree.any.map((branch) => build(branch, to)) });
        }

        let from = to;

        for (let n = tree.most; n > 0; n--) {
            const inner = build(tree.of, from);

            from = n > tree.least ? add({ free: [inner, to] }) : inner;
        }

        return from;
    };

    const end = add({ free: [] });

    return { nodes, end, start: build(parse(pattern), end) };
}


// The deterministic automaton, state by state as they are asked for.

function subsets({ nodes, end, start }) {
    const states = [[]];
    const known = new Map([['', DEAD]]);
    const steps = [[]];

    const state = (from) => {
        const reached = new Set();

        const visit = (node) => {
            if (!reached.has(node)) {
                reached.add(node);
                (nodes[node].free ?? []).forEach(visit);
            }
        };

        from.forEach(visit);

        const set = [...reached]
            .filter((n) => nodes[n].digits || n === end)
            .sort((a, b) => a - b);
        const key = set.join();

        if (!known.has(key)) {
            known.set(key, states.push(set) - 1);
            steps.push([]);
        }

        return known.get(key);
    };

    return {
        start: state([start]),
        step: (from, digit) => steps[from][digit]
            ??= state(states[from].map((n) => nodes[n])
                                  .filter((n) => n.digits?.has(digit))
                                  .map((n) => n.to)),
        accepts: (s) => states[s].includes(end),
    };
}
