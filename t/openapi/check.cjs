// Is a file an OpenAPI document, by schema and by the rules beyond it?
//
//     node check.cjs DIRECTORY FILE
//
// DIRECTORY is where npm has installed the checker. Says why it is none.

'use strict';

const path = require('path');
const { createRequire } = require('module');

const parser = createRequire(path.resolve(process.argv[2], 'package.json'))(
    '@apidevtools/swagger-parser');

parser.validate(process.argv[3], { resolve: { external: false } }).then(
    api => console.log('%s %d', api.openapi, Object.keys(api.paths).length),
    error => {
        console.log(error.message);
        process.exitCode = 1;
    });
