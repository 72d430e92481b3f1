import { Walk } from '../support/walk.ts';
import { describeRights } from './suites/rights.ts';

describeRights('Kubernetes in memory', () => Walk.start());
