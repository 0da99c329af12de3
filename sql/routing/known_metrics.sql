-- The metrics that scores are known to be, by their plain word: the task that each belongs to (null: either), the values
-- that it can have (null: no bound), and whether it measures errors, so that a lower one is better.
-- example: nothing → {metric: auc, task: classification, lowest: 0, highest: 1, is_error: false}
-- makes: view known_metrics
-- reads: nothing
CREATE OR REPLACE TEMP VIEW known_metrics AS
SELECT unnest(metrics) AS metric, task, lowest, highest, is_error
FROM (VALUES
    (['auc', 'rocauc', 'aucroc', 'auroc', 'rocaucscore', 'rocaucovr', 'rocaucovo', 'rocaucovrweighted', 'rocaucovoweighted',
      'aucmacro', 'macroauc', 'aucweighted', 'prauc', 'aucpr', 'auprc', 'averageprecision', 'averageprecisionscore',
      'accuracy', 'accuracyscore', 'acc', 'balancedaccuracy', 'balancedaccuracyscore', 'topkaccuracy', 'hitrate',
      'f1', 'f1score', 'f1macro', 'f1micro', 'f1weighted', 'precision', 'precisionscore', 'recall', 'recallscore', 'jaccard'],
     'classification', 0, 1, false),
    (['mcc', 'matthewscorrcoef', 'kappa', 'cohenkappa', 'cohenkappascore', 'gini'], 'classification', -1, 1, false),
    (['neglogloss', 'negbinarylogloss'], 'classification', NULL, 0, false),
    (['negbrier', 'negbrierscore'], 'classification', -1, 0, false),
    (['logloss', 'binarylogloss', 'multilogloss', 'crossentropy', 'brier', 'brierscore', 'brierscoreloss', 'errorrate'],
     'classification', 0, NULL, true),
    (['r2', 'r2score', 'rsquared', 'adjustedr2', 'adjr2', 'explainedvariance', 'explainedvariancescore'],
     'regression', NULL, 1, false),
    (['negmeansquarederror', 'negmse', 'negrootmeansquarederror', 'negrmse', 'negmeanabsoluteerror', 'negmae',
      'negmedianabsoluteerror', 'negmeanabsolutepercentageerror', 'negmape'],
     'regression', NULL, 0, false),
    (['mse', 'meansquarederror', 'rmse', 'rootmeansquarederror', 'mae', 'meanabsoluteerror', 'medae', 'medianabsoluteerror',
      'mape', 'meanabsolutepercentageerror', 'smape', 'msle', 'rmsle', 'pinballloss', 'quantileloss', 'l1', 'l2'],
     'regression', 0, NULL, true),
    (['ic', 'rankic', 'informationcoefficient', 'correlation', 'corr', 'pearson', 'pearsonr', 'spearman', 'spearmanr',
      'kendall', 'kendalltau'],
     NULL, -1, 1, false)
) AS known(metrics, task, lowest, highest, is_error);
