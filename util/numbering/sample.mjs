// Random numbers, the same in every run, and random texts that a pattern
// matches.

import { parse } from './pattern.mjs';

let state = 0x2545f491;


// 0 <= random(n) < n, by xorshift

export function random(n) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;

    return (state >>> 0) % n;
}


const trees = new Map();

export function sample(pattern) {
    if (!trees.has(pattern)) {
        trees.set(pattern, parse(pattern));
    }

    return text(trees.get(pattern));
}


function text(tree) {
    if (tree.digits) {
        return [...tree.digits][random(tree.digits.size)];
    }

    if (tree.all) {
        return tree.all.map(text).join('');
    }

    if (tree.any) {
        return text(tree.any[random(tree.any.length)]);
    }

    const times = tree.least + random(tree.most - tree.least + 1);

    return Array.from({ length: times }, () => text(tree.of)).join('');
}
