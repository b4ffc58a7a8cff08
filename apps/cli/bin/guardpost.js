#!/usr/bin/env node
// npm links this file before anything is built.
import { main } from '../dist/main.js';

process.exitCode = await main(process.argv.slice(2));
