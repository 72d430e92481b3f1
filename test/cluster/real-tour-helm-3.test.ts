import { describeTour } from './suites/tour.ts';

describeTour({ helm: 3 });
