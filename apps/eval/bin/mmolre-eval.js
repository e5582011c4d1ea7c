#!/usr/bin/env node
// A file that is there before the build, so that package managers link it on a bare install.
import '../dist/cli.js';
