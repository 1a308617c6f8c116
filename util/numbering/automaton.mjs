// Automata over digits as src/verification/number/numbering.c walks them: nodes that
// are alike are one, and what no longer depends on digits is a leaf.
//
// A node has eleven ways out, for the digits and for the end of the number. It
// is packed as a word of which bit n says that way n does not lead where way
// n - 1 does, and then a word for each such bit: where to go. Values from LEAF
// on are leaves.

export const LEAF = 0xff00;


export class Nodes {
    #known = new Map();

    #of(key, node) {
        if (!this.#known.has(key)) {
            this.#known.set(key, { ...node, id: this.#known.size });
        }

        return this.#known.get(key);
    }

    leaf(value) {
        return this.#of(`=${value}`, { value });
    }

    // ten children, and the value of a number that ends here

    inner(children, value) {
        const ways = [...children, this.leaf(value)];

        return ways.every((way) => way === ways[10])
            ? ways[10] : this.#of(`${ways.map((way) => way.id)}`, { ways });
    }
}


export function pack(root) {
    const at = new Map();
    const nodes = [];
    let size = 0;

    const targets = ({ ways }) => ways.filter((w, n) => w !== ways[n - 1]);

    // in the order in which they are met first: near ones are near

    for (const queue = [root]; queue.length; ) {
        const node = queue.shift();

        if (!node.ways || at.has(node)) {
            continue;
        }

        at.set(node, size);
        nodes.push(node);
        size += 1 + targets(node).length;
        queue.push(...node.ways);
    }

    if (size > LEAF) {
        throw new Error(`${size} words are too many`);
    }

    return nodes.flatMap((node) => [
        node.ways.reduce((bits, way, n) => way === node.ways[n - 1]
                                           ? bits : bits | 1 << n, 0),
        ...targets(node).map((n) => n.ways ? at.get(n) : LEAF + n.value),
    ]);
}
