import { describeTour } from './suites/tour.ts';

describeTour(4);
