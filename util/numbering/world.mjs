// The whole world's numbers as two automata: whose a number is, and what it
// is for. docs/numbering.md says in words what is decided here.

import { Nodes } from './automaton.mjs';
import { UNKNOWN, classOf, classes, plan } from './plan.mjs';


// Codes of no country: ITU-T E.164 has them for services. The metadata knows
// many of their numbers, but some as those of mobiles; and of these services
// no number is a subscriber's, whether it is known or not.

const services = {
    800: 'toll_free',
    808: 'shared_cost',
    87: 'satellite',
    878: 'personal',
    88: 'satellite',
    979: 'premium',
};

export const SERVICE = 'XX';
export const NOBODY = 'ZZ';


// In North America it is for the area code alone to say whose a number is, and
// an area code that is not in the metadata can be anybody's.

const areas = { code: '1', digits: 3 };


// E.164's most

const DIGITS = 15;


// A block of numbers is taken to be of a class whole, numbers that the metadata
// does not know included, if all it knows there are of this class, and at least
// this share of them: so that a digit too many does not make a premium number
// another one. A block is told by two digits at least, and this is not done
// for what people have in their pockets and houses.

const SHARE = 0.5;
const BLOCK = 2;

export const ordinary = ['fixed', 'mobile', 'fixed_or_mobile'];


export function world(metadata) {
    const countries = [...Object.keys(metadata.countries), SERVICE, NOBODY]
        .sort();
    const codes = metadata.country_calling_codes;

    for (const code of Object.keys(metadata.nonGeographic)) {
        if (!service(code)) {
            throw new Error(`a service that is not known: +${code}`);
        }
    }

    const plans = Object.fromEntries(Object.entries(codes)
        .map(([code, ids]) => {
            const numbers = plan(ids.map((id) => metadata.countries[id]));

            return [code, { ids, numbers }];
        }));

    return {
        countries: countries.map((id) => ({
            id, code: metadata.countries[id]?.[0] ?? 0,
        })),
        territories: whose(plans, countries),
        classes: what(plans),
    };
}


// The class of the service that a number or a code is of, if it is of one.

export function service(code) {
    for (let n = code.length; n > 0; n--) {
        if (services[code.slice(0, n)]) {
            return services[code.slice(0, n)];
        }
    }

    return null;
}


// The tree above the calling codes; below(code) is what hangs on one, and
// beyond(prefix) on what is none.

function above(nodes, nobody, plans, below, beyond) {
    const prefixes = [...Object.keys(plans), ...Object.keys(services)];

    const grow = (prefix) => {
        if (plans[prefix]) {
            return below(prefix, plans[prefix]);
        }

        if (!prefixes.some((p) => p.startsWith(prefix) && p !== prefix)) {
            return beyond(prefix);
        }

        return nodes.inner(digits((d) => grow(prefix + d)), nobody);
    };

    return grow('');
}


function digits(of) {
    return Array.from('0123456789', of);
}


// The territory of a number, if it is of one.

function owner(numbers, state) {
    return numbers.known(state)?.territory ?? numbers.leading(state);
}


function whose(plans, countries) {
    const nodes = new Nodes();
    const leaf = (id) => nodes.leaf(countries.indexOf(id));

    const below = (code, { ids, numbers }) => {
        if (ids.length === 1) {
            return leaf(ids[0]);
        }

        const least = code === areas.code ? areas.digits : 0;
        const otherwise = code === areas.code ? NOBODY : ids[0];
        const memo = new Map();

        // whose numbers there are behind a state

        const reached = (state) => {
            if (state === null) {
                return [];
            }

            if (!memo.has(state.key)) {
                const all = new Set([owner(numbers, state)].flat());

                if (code.length + state.length < DIGITS) {
                    digits((d) => reached(numbers.step(state, d))
                                  .forEach((n) => all.add(n)));
                }

                all.delete(undefined);
                memo.set(state.key, [...all]);
            }

            return memo.get(state.key);
        };

        const grow = (state, length) => {
            const all = reached(state);

            if (all.length === 0) {
                return leaf(otherwise);
            }

            if (all.length === 1 && length >= least) {
                return leaf(ids[all[0]]);
            }

            return nodes.inner(
                digits((d) => grow(numbers.step(state, d), length + 1)),
                countries.indexOf(ids[owner(numbers, state)] ?? otherwise));
        };

        return grow(numbers.start, 0);
    };

    return above(nodes, countries.indexOf(NOBODY), plans, below,
                 (prefix) => leaf(service(prefix) ? SERVICE : NOBODY));
}


function what(plans) {
    const nodes = new Nodes();
    const nothing = { node: nodes.leaf(UNKNOWN), all: new Set(), share: 0 };

    const below = (code, { numbers }) => {
        const memo = new Map();

        const grow = (state) => {
            if (state === null || code.length + state.length > DIGITS) {
                return nothing;
            }

            if (!memo.has(state.key)) {
                memo.set(state.key, join(state));
            }

            return memo.get(state.key);
        };

        const join = (state) => {
            const value = numbers.known(state)?.kind ?? UNKNOWN;
            const children = digits((d) => grow(numbers.step(state, d)));
            const all = new Set(children.flatMap((c) => [...c.all]));
            let share = children.reduce((sum, c) => sum + c.share, 0) / 10;

            if (value !== UNKNOWN) {
                all.add(value);
                share = 1;
            }

            const [only] = all;

            return {
                all,
                share,
                node: all.size === 1 && share >= SHARE
                      && state.length >= BLOCK
                      && !ordinary.includes(classes[only])
                    ? nodes.leaf(only)
                    : nodes.inner(children.map((c) => c.node), value),
            };
        };

        return grow(numbers.start).node;
    };

    return above(nodes, UNKNOWN, plans, below,
                 (prefix) => nodes.leaf(classOf[service(prefix)] ?? UNKNOWN));
}


export { classes };
